"""A service of its own process for tests: ``python -m tests.service_process CONFIG``.

It is the real one, its collectors excepted: ``tickets`` publishes a gauge whose value is ``users.top`` of the
configuration, ``slurm`` hangs in every refresh and ignores that it is closed.
"""

import sys
import time
from pathlib import Path

from exporter.app import serve
from exporter.catalogue.base import MetricSpec
from exporter.collector import Collector, Refresh
from exporter.config import Config, load
from exporter.errors import UmbrellaError
from exporter.logs import configure
from exporter.registry import enabled
from exporter.world import World
from tests.collectors import Scripted

TOP = MetricSpec("osticket_top", "gauge", (), "What the configuration says.")


def hang(_now: float) -> Refresh:
    """Hang."""
    time.sleep(3600)
    return Refresh([], 0)


def build(config: Config, world: World) -> list[Collector]:
    """Build the collectors that are on."""
    del world
    scripts = {"slurm": hang, "tickets": lambda _: Refresh([TOP.family([((), float(config.users.top))])], 1)}
    return [Scripted(name, scripts[name], demo=True) for name in enabled(config)]


def main() -> int:
    """Serve."""
    configure("info")
    try:
        return serve(lambda: load(Path(sys.argv[1]), {}), build=build)
    except UmbrellaError as error:
        print(f"umbrella: {error}", file=sys.stderr)  # noqa: T201  as the command does
        return 1


if __name__ == "__main__":
    sys.exit(main())
