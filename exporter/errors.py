"""Every exception of ours. Each text says what happened, where, and what to do next."""


class UmbrellaError(Exception):
    """Base of all errors that a user may see; the text is complete, no traceback is needed."""


class ConfigError(UmbrellaError):
    """A mistake in the configuration file, an environment variable or an argument (exit code 2)."""


class StateError(UmbrellaError):
    """The state directory cannot be used: not writable, taken by another instance, written by a newer version."""


class CollectorError(UmbrellaError):
    """A refresh failed: the source did not answer, or answered something that cannot be used.

    The collector keeps its last good data; the next refresh tries again.
    """


class DatabaseError(CollectorError):
    """osTicket's database: unreachable, refused, too slow, or not an osTicket schema that we can read."""


class SlurmError(CollectorError):
    """A Slurm command or slurmrestd: missing, refused, too slow, or an answer that is not complete."""


class WebError(UmbrellaError):
    """The web surface cannot be opened: port taken, certificate unusable (exit code 1)."""


class DemoError(UmbrellaError):
    """The demo's synthetic data cannot be written, or not there."""
