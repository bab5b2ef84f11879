"""The exporter as the oracle's tests see it: a configuration in, samples out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from exporter.collector import Collector, Refresh
from exporter.config import Config
from exporter.departments import Directory, Schools
from exporter.osticket.collector import build
from exporter.people import Pseudonyms
from exporter.state import StateDirectory
from exporter.world import World
from tests.oracle.oracle import Samples
from tests.oracle.settings import Settings

# What the oracle has no opinion about: the schema's description and the expectation of arrivals.
_OTHERS = ("umbrella_osticket_info",)
_EXPECTATION = ("_expected_created_tickets", "_created_tickets_upper")
_KEY = b"k" * 32


def pseudonym(requester: str) -> str:
    """Return the label that ``users.label: hash`` gives a requester in these tests."""
    return Pseudonyms("hash", _KEY).label(requester)


@dataclass(frozen=True, slots=True)
class Site:
    """What is outside the database: departments from Slurm, schools from the configuration."""

    departments: Mapping[str, str]
    schools: Mapping[str, str]


class Exporter:
    """The ticket collector on one database, over several refreshes. A context manager.

    Args:
        url: of the database.
        folder: for the state directory.
        site: departments and schools.
        settings: the oracle's settings; the exporter's configuration is made from them.
        options: more keys of the section ``osticket``.
    """

    def __init__(self, url: str, folder: Path, site: Site, settings: Settings, **options: Any) -> None:
        exclude = {
            "senders": settings.senders,
            "subjects": settings.subjects,
            "topics": settings.topics,
            "auto_replies": settings.auto_replies,
        }
        section = {
            "url": url,
            "table_prefix": settings.prefix,
            "site_domains": settings.site_domains,
            "exclude": exclude,
            "since": settings.since,
            **options,
        }
        users = {"label": settings.user_label, "top": settings.top}
        agents = {"label": "name" if settings.agents else "off"}
        config = Config.model_validate({"osticket": section, "users": users, "agents": agents})
        directory = Directory()
        directory.replace(dict(site.departments))
        self.state = StateDirectory(folder)
        world = World(directory, Schools(site.schools), self.state, Pseudonyms(settings.user_label, _KEY))
        self.collector: Collector = build(config, world)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.collector.close()
        self.state.close()

    def samples(self, now: float) -> Samples:
        """Refresh and return every sample that the oracle computes too; one that stands twice is a failure."""
        return samples_of(self.collector.refresh(now))


def samples_of(refresh: Refresh) -> Samples:
    """Return the samples of a refresh by name and labels."""
    assert refresh.problem is None, refresh.problem
    found: Samples = {}
    for family in refresh.families:
        if family.name in _OTHERS or family.name.endswith(_EXPECTATION):
            continue
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"the exporter has {key} twice"
            found[key] = float(sample.value)
    return found
