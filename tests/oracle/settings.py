"""What the oracle is told about one help desk: the truth of the test, not read from the exporter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal


def itself(requester: str) -> str:
    """Return the requester id as it is."""
    return requester


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration as the oracle needs it.

    Attributes:
        prefix: of the tables.
        server_zone: the zone in which the server writes its clock readings.
        site_domains: mail domains whose local part names a person.
        senders, subjects, topics, auto_replies: ``osticket.exclude``.
        user_label: ``users.label``; with ``off`` there is no metric by requester.
        person: the pseudonym of a requester id, for ``hash``.
        top: how many requesters are told apart.
        agents: whether agents are named.
        since: ``osticket.since``.
    """

    prefix: str = "ost_"
    server_zone: str = "UTC"
    site_domains: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    auto_replies: bool = True
    user_label: Literal["hash", "id", "name", "off"] = "id"
    person: Callable[[str], str] = itself
    top: int = 20
    agents: bool = False
    since: date | None = None
