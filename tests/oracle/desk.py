"""The help desk around the tickets: every name that a ticket's ids stand for."""

from dataclasses import dataclass
from typing import Any

from tests.oracle import names
from tests.oracle.rows import Row, Tables
from tests.oracle.settings import Settings

STATES = ("open", "closed", "archived", "unknown")
RESERVED = ("none", "unknown")


@dataclass(frozen=True)
class Desk:
    """Names by id, as labels.

    Attributes:
        states: state by status id.
        priorities, queues, topics, teams, slas, agents: label by id.
        topic_names: for exclusion, all that names a topic, by id.
        active_queues, active_topics: labels of those that take tickets.
        requesters: requester id by user id.
        addresses: default address by user id.
        persons: name by requester id.
    """

    states: dict[int, str]
    priorities: dict[int, str]
    queues: dict[int, str]
    topics: dict[int, str]
    teams: dict[int, str]
    slas: dict[int, str]
    agents: dict[int, str]
    topic_names: dict[int, tuple[str, ...]]
    active_queues: tuple[str, ...]
    active_topics: tuple[str, ...]
    requesters: dict[int, str]
    addresses: dict[int, str]
    persons: dict[str, str]


def build(tables: Tables, settings: Settings) -> Desk:
    """Name everything."""
    departments, topics = tables["department"], tables["help_topic"]
    queue_paths = names.paths({row["id"]: row["name"] for row in departments}, _parents(departments, "id", "pid"))
    topic_paths = names.paths(
        {row["topic_id"]: row["topic"] for row in topics}, _parents(topics, "topic_id", "topic_pid")
    )
    queue_labels = names.distinct(queue_paths, ("unknown",))
    topic_labels = names.distinct(topic_paths, RESERVED)
    addresses = _addresses(tables)
    requesters = {row["id"]: _requester(addresses.get(row["id"]), settings.site_domains) for row in tables["user"]}
    return Desk(
        states={row["id"]: row["state"] if row["state"] in STATES else "unknown" for row in tables["ticket_status"]},
        priorities=names.distinct(
            {row["priority_id"]: row["priority_desc"] or row["priority"] for row in tables["ticket_priority"]},
            ("unknown",),
        ),
        queues=queue_labels,
        topics=topic_labels,
        teams=names.distinct({row["team_id"]: row["name"] for row in tables["team"]}, RESERVED),
        slas=names.distinct({row["id"]: row["name"] for row in tables["sla"]}, RESERVED),
        agents=names.distinct({row["staff_id"]: _agent(row) for row in tables["staff"]}, RESERVED),
        topic_names={
            row["topic_id"]: (row["topic"], topic_paths[row["topic_id"]], str(row["topic_id"])) for row in topics
        },
        active_queues=_active_queues(departments, queue_labels, has_flag=bool(tables["event"])),
        active_topics=tuple(topic_labels[row["topic_id"]] for row in topics if _is_active_topic(row)),
        requesters=requesters,
        addresses=addresses,
        persons=_persons(tables["user"], requesters),
    )


def _parents(rows: list[Row], key: str, parent: str) -> dict[int, int | None]:
    return {row[key]: row[parent] for row in rows}


def _active_queues(rows: list[Row], labels: dict[int, str], *, has_flag: bool) -> tuple[str, ...]:
    # The flag came with 1.11, as the table event did; in 1.10 a department is there or not.
    return tuple(labels[row["id"]] for row in rows if not has_flag or row["flags"] & 4)


def _is_active_topic(row: Row) -> bool:
    return bool(row["isactive"]) if "isactive" in row else bool((row["flags"] or 0) & 2)


def _agent(row: Row) -> str:
    return names.clean(f"{row['firstname'] or ''} {row['lastname'] or ''}") or row["username"]


def _addresses(tables: Tables) -> dict[int, str]:
    by_id: dict[int, Any] = {row["id"]: row["address"] for row in tables["user_email"]}
    lowest: dict[int, Any] = {}
    for row in sorted(tables["user_email"], key=lambda row: row["id"]):
        lowest.setdefault(row["user_id"], row["address"])
    found = {}
    for user in tables["user"]:
        address = by_id.get(user["default_email_id"], lowest.get(user["id"]))
        if address is not None:
            found[user["id"]] = address
    return found


def _requester(address: str | None, domains: tuple[str, ...]) -> str:
    if address is None:
        return "unknown"
    local, at, domain = address.lower().rpartition("@")
    inside = local and at and domain in [name.lower() for name in domains]
    name = names.clean(local if inside else address.lower()) or "unknown"
    # A person called like a label of nobody keeps the domain.
    return address.lower() if name in ("other", "unknown") and inside else name


def _persons(users: list[Row], requesters: dict[int, str]) -> dict[str, str]:
    persons: dict[str, str] = {}
    for row in sorted(users, key=lambda row: row["id"]):
        persons.setdefault(requesters[row["id"]], row["name"])
    return persons
