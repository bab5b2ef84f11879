"""The checks in their order: what stands first is what the later ones build on."""

from collections.abc import Callable, Iterator, Mapping

from exporter.app import require_collectors
from exporter.checks.database import check_database
from exporter.checks.files import check_secret_files, check_state
from exporter.checks.result import Result, fail, ok, warn
from exporter.config import Config
from exporter.departments import Schools
from exporter.errors import ConfigError
from exporter.slurm import checks as slurm_checks


def run(load: Callable[[], Config], environment: Mapping[str, str], now: float, *, offline: bool) -> Iterator[Result]:
    """Yield one result after the other, each as soon as it is known.

    Args:
        load: reads the configuration.
        environment: of this process, for Slurm's commands.
        now: seconds since the epoch (UTC), to compare time zones at.
        offline: only the configuration; nothing is connected to and no folder looked at.

    Raises:
        ConfigError: the configuration has mistakes; nothing else can be checked then.
    """
    config = load()
    yield ok("configuration", "every key and value is understood")
    yield from _collectors(config)
    if offline:
        return
    yield from check_secret_files(config)
    yield check_state(config.state.directory)
    yield from check_database(config.osticket, now)
    for check in slurm_checks.check(config.slurm, Schools.from_lists(config.schools), environment):
        yield (ok if check.ok else fail)(check.name, check.detail)


def _collectors(config: Config) -> Iterator[Result]:
    try:
        require_collectors(config)
    except ConfigError as error:
        yield fail("collectors", str(error))
    else:
        yield ok("collectors", f"on: {', '.join(config.collectors)}")
    # These keys belong to collectors that are not part of this version: whoever set them should know.
    if "source" in config.gpu.model_fields_set and config.gpu.source != "off":
        yield warn("gpu", "gpu.source is accepted, but this version has no GPU collector; nothing is published")
    if config.topics.model_fields_set and config.topics.model is not None:
        yield warn("topics", "topics is accepted, but this version has no topics collector; nothing is published")
