"""The rows that osTicket's installer and an administrator write before the first ticket."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, MetaData, insert

from exporter.demo.columns import ZERO
from exporter.demo.schema import like_osticket, table

SIGNATURE_1_18: Final = "5fb92bef17f3b603659e024c01cc7a59"
EVENTS: Final = (
    "created", "closed", "reopened", "assigned", "released", "transferred", "referred", "overdue", "edited", "viewed",
    "error", "collab", "resent", "deleted", "merged", "unlinked", "linked", "login", "logout", "message", "note",
)  # fmt: skip
EVENT_ID: Final = {name: number for number, name in enumerate(EVENTS, 1)}
OPEN, RESOLVED, CLOSED, ARCHIVED = 1, 2, 3, 4
"""Ids of the statuses that the installer makes."""
LOW, NORMAL, HIGH, EMERGENCY = 1, 2, 3, 4
"""Ids of the priorities that the installer makes."""
PRIORITY_NAME: Final = {LOW: "Low", NORMAL: "Normal", HIGH: "High", EMERGENCY: "Emergency"}
TICKET_FORM, SUBJECT_FIELD, MESSAGE_FIELD, PRIORITY_FIELD = 2, 20, 21, 22

# id, parent, name, flags (4 active, 8 archived)
DEPARTMENTS: Final = (
    (1, None, "Support", 4),
    (2, None, "Sales", 4),
    (3, None, "Maintenance", 4),
    (4, 1, "Research Computing", 4),
    (5, 4, "Scientific Software", 4),
    (6, 4, "Accounts", 4),
    (7, 3, "Data Centre", 12),
)
# id, parent, name, queue, priority, SLA
TOPICS: Final = (
    (1, 0, "General Inquiry", 1, NORMAL, 0),
    (2, 0, "Feedback", 1, LOW, 0),
    (10, 0, "Report a Problem", 4, NORMAL, 0),
    (11, 10, "Access Issue", 6, HIGH, 1),
    (12, 0, "Cluster", 4, NORMAL, 3),
    (13, 12, "Jobs and Queues", 4, NORMAL, 3),
    (14, 12, "Storage and Transfer", 4, NORMAL, 3),
    (15, 12, "Accounts", 6, NORMAL, 2),
    (16, 0, "Software", 5, NORMAL, 3),
    (17, 16, "Installation", 5, NORMAL, 3),
)
# id, name, grace period in hours
SLAS: Final = ((1, "Default SLA", 18), (2, "Thirty Days", 720), (3, "Ninety Days", 2160))
TEAMS: Final = ((1, "Level I Support"), (2, "Cluster Operations"), (3, "Applications"))
# username, first name, last name, queue: nobody's names
STAFF: Final = (
    ("agent01", "Agent", "Birch", 4),
    ("agent02", "Agent", "Cedar", 4),
    ("agent03", "Agent", "Linden", 5),
    ("agent04", "Agent", "Maple", 5),
    ("agent05", "Agent", "Rowan", 6),
    ("agent06", "Agent", "Willow", 1),
)


SETTINGS: Final[Mapping[str, str]] = {
    "schema_signature": SIGNATURE_1_18,
    "default_timezone": "America/New_York",  # the help desk's zone, in which months and days are cut
    "db_timezone": "UTC",  # osTicket's belief about the server's zone
    "helpdesk_url": "https://helpdesk.example.edu/",
    "helpdesk_title": "Research Computing Help Desk (demo)",
    "default_priority_id": str(NORMAL),
    "default_dept_id": "1",
    "default_sla_id": "3",
}


def fill_fixed(
    connection: Connection,
    schema: MetaData,
    *,
    installed: str = "2020-12-14 09:00:00",
    settings: Mapping[str, str] | None = None,
) -> None:
    """Write statuses, priorities, events, queues, topics, SLAs, teams, agents, forms and settings.

    Args:
        connection: inside a transaction of the caller's, on tables that exist and are empty.
        schema: from :func:`exporter.demo.schema.metadata`.
        installed: ``created`` of every row, in the server's zone.
        settings: changes to :data:`SETTINGS`, the rows of the namespace ``core``.
    """
    like_osticket(connection)
    core = {**SETTINGS, **(settings or {})}
    rows = {
        **_choices(installed),
        **_desk(installed),
        **_forms(installed),
        "config": [
            {"namespace": "core", "key": name, "value": value, "updated": installed} for name, value in core.items()
        ],
    }
    for name, values in rows.items():
        connection.execute(insert(table(schema, name)), values)


def _choices(installed: str) -> dict[str, list[dict[str, Any]]]:
    statuses = (("Open", "open"), ("Resolved", "closed"), ("Closed", "closed"), ("Archived", "archived"))
    colours = ("#DDFFDD", "#FFFFF0", "#FEE7E7", "#FEE7E7")
    stamps = {"created": installed, "updated": ZERO}
    return {
        "ticket_status": [
            {"id": number, "name": name, "state": state, "mode": 1 if name == "Resolved" else 3, "sort": number,
             "properties": json.dumps({"description": f"{name} tickets."}), **stamps}
            for number, (name, state) in enumerate((*statuses, ("Deleted", "deleted")), 1)
        ],
        "ticket_priority": [
            {"priority_id": number, "priority": name.lower(), "priority_desc": name, "priority_color": colour,
             "priority_urgency": 5 - number, "ispublic": 1}
            for (number, name), colour in zip(PRIORITY_NAME.items(), colours, strict=True)
        ],
        "event": [{"id": number, "name": name, "description": None} for name, number in EVENT_ID.items()],
        "sla": [
            {"id": number, "flags": 3, "grace_period": hours, "name": name, **stamps} for number, name, hours in SLAS
        ],
        "team": [{"team_id": number, "flags": 1, "name": name, **stamps} for number, name in TEAMS],
    }  # fmt: skip


def _desk(installed: str) -> dict[str, list[dict[str, Any]]]:
    stamps = {"created": installed, "updated": installed}
    return {
        "department": [
            {"id": number, "pid": parent, "flags": flags, "name": name, "signature": "", "ispublic": 1,
             "path": _path(number), **stamps}
            for number, parent, name, flags in DEPARTMENTS
        ],
        "help_topic": [
            {"topic_id": number, "topic_pid": parent, "ispublic": 1, "flags": 2, "priority_id": priority,
             "dept_id": queue, "sla_id": sla, "sort": number, "topic": name, **stamps}
            for number, parent, name, queue, priority, sla in TOPICS
        ],
        "staff": [
            {"staff_id": number, "dept_id": queue, "role_id": 1, "username": user, "firstname": first,
             "lastname": last, "email": f"{user}@example.edu", "signature": "", "isactive": 1,
             "isadmin": int(number == 1), **stamps}
            for number, (user, first, last, queue) in enumerate(STAFF, 1)
        ],
    }  # fmt: skip


def _path(department: int) -> str:
    parents = {number: parent for number, parent, _, _ in DEPARTMENTS}
    chain: list[int] = []
    step: int | None = department
    while step is not None:
        chain.insert(0, step)
        step = parents[step]
    return f"/{'/'.join(map(str, chain))}/"


def _forms(installed: str) -> dict[str, list[dict[str, Any]]]:
    stamps = {"created": installed, "updated": installed}
    forms = (("U", "Contact Information"), ("T", "Ticket Details"), ("C", "Company Information"),
             ("O", "Organization Information"), ("A", "Task Details"))  # fmt: skip
    fields = (
        (1, 1, 489395, "text", "Email Address", "email", 1),
        (2, 1, 489395, "text", "Full Name", "name", 2),
        (SUBJECT_FIELD, TICKET_FORM, 489265, "text", "Issue Summary", "subject", 1),
        (MESSAGE_FIELD, TICKET_FORM, 480547, "thread", "Issue Details", "message", 2),
        (PRIORITY_FIELD, TICKET_FORM, 274609, "priority", "Priority Level", "priority", 3),
        (32, 5, 487665, "text", "Title", "title", 1),
    )
    return {
        "form": [
            {"id": number, "type": kind, "flags": 1, "title": title, **stamps}
            for number, (kind, title) in enumerate(forms, 1)
        ],
        "form_field": [
            {"id": number, "form_id": form, "flags": flags, "type": kind, "label": label, "name": name, "sort": sort,
             **stamps}
            for number, form, flags, kind, label, name, sort in fields
        ],
    }  # fmt: skip
