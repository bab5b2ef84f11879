"""The log: plain text on standard error, one line per event, its time in front, secrets replaced.

The replacing is a second line of defence: the first is that nobody logs a secret.
"""

import logging
import re
import sys
import time
from collections.abc import Iterable
from typing import Final, TextIO

LEVELS: Final = ("debug", "info", "warning", "error")
_HIDDEN: Final = "***"
# Passwords in addresses, whoever wrote them; the first line of defence is that nobody logs them.
_USERINFO: Final = re.compile(r"(?<=://)([^/\s:@]*):[^/\s]*@")
# Shorter ones would turn up inside of ordinary words.
_SHORTEST: Final = 4
# These speak about every request and job; what matters of it is in our own lines.
_QUIET: Final = ("apscheduler", "asyncio", "sqlalchemy", "uvicorn.access")


class LineFormatter(logging.Formatter):
    """One line per event: time (UTC), level, part of the program, text.

    Tracebacks appear at level DEBUG only; above it the last line of one stands in for all.

    Args:
        tracebacks: whether to write them.
    """

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime
        self._tracebacks = tracebacks
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Replace these texts from now on, besides those named before."""
        known = {*self._secrets, *(text for text in secrets if len(text) >= _SHORTEST)}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without line ends of its own and without secrets."""
        if self._tracebacks:
            return self._redact(super().format(record))
        line = f"{self.formatTime(record, self.datefmt)} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        return self._redact(" | ".join(line.splitlines()))

    def _redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _USERINFO.sub(rf"\1:{_HIDDEN}@", text)


def configure(level: str, stream: TextIO | None = None) -> LineFormatter:
    """Send every log event to one stream; the only place where logging is set up.

    Args:
        level: one of :data:`LEVELS`.
        stream: standard error unless given.

    Returns:
        The formatter, to be told the secrets of each configuration that is loaded.
    """
    formatter = LineFormatter(tracebacks=level == "debug")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return formatter
