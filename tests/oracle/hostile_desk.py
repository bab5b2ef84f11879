"""The help desk of the hostile database: names that no one would choose, all of them legal."""

import random
from dataclasses import dataclass, field
from typing import Final

from tests.oracle.rowset import Connection, RowSet

ZERO: Final = "0000-00-00 00:00:00"
STAMPS: Final = {"created": "2020-01-02 03:04:05", "updated": ZERO}
EVENT_NAMES: Final = (
    "created", "closed", "reopened", "assigned", "released", "transferred", "referred", "overdue", "edited", "viewed",
    "error", "collab", "resent", "deleted", "merged", "unlinked", "linked", "login", "logout", "message", "note",
)  # fmt: skip
# What upgraded and edited help desks have: renamed ones, own ones, and states that nobody foresaw.
STATUSES: Final = (
    (1, "Offen", "open"), (2, "Gelöst", "closed"), (3, "Zu", "closed"), (4, "Archived", "archived"),
    (5, "Deleted", "deleted"), (6, "On 'hold'", "open"), (7, 'Waiting\n"for" user', "closed"), (8, "Nothing", None),
    (9, "Shout", "OPEN"), (10, "Empty", ""), (11, "Old", "resolved"),
)  # fmt: skip
PRIORITIES: Final = (
    (1, "low", "Low"), (2, "normal", "Normal"), (3, "high", "High"), (4, "emergency", "Emergency"),
    (5, "no description", ""), (6, "urgent one", "Urgent"), (7, "urgent two", "Urgent "), (8, "odd", 'Q"uo\\te\n\x07'),
    (9, "unknown", "unknown"), (127, "last", "Below"),
)  # fmt: skip
LONG: Final = "L" * 100
# id, parent, name, flags: 4 active, 8 archived
QUEUES: Final = (
    (1, None, "Support", 4), (2, None, "Sales", 4), (3, 1, "Accounts", 4), (4, 2, "Accounts", 4),
    (5, None, "Ghost", 4), (6, None, "Ghost", 8), (7, 0, "Two  blanks", 4), (8, None, "Two blanks", 0),
    (9, 10, "Hen", 4), (10, 9, "Egg", 4), (11, 11, "Own parent", 4), (12, 4711, "Orphan", 4),
    (13, None, LONG, 4), (14, 13, "m" * 40, 4), (15, 13, "m" * 50, 4), (16, 14, "deep", 12),
    (17, None, "unknown", 4), (18, None, "none", 4), (19, None, 'q"uote\\back\nline\x00nul\ttab', 4),
    (20, None, "x" * 128, 4), (21, None, " \x01 ", 4), (22, None, "Never used", 4), (23, None, "Ghost", 4),
)  # fmt: skip
# id, parent, name, flags: 2 active, 4 archived
TOPICS: Final = (
    (1, 0, "General Inquiry", 2), (2, 0, "Feedback", 2), (3, 0, "Report a Problem", 2), (4, 3, "Access Issue", 2),
    (5, 2, "Access Issue", 2), (6, 0, "Access  Issue", 4), (7, 0, "none", 2), (8, 0, "unknown", 0),
    (9, 10, "Left", 2), (10, 9, "Right", 2), (11, 0, "a / b", 2), (12, 13, "b", 2), (13, 0, "a", 2),
    (14, 999, "Lost", 2), (15, 0, LONG, 2), (16, 15, "n" * 60, 2), (17, 15, "n" * 61, 2), (18, 0, "Spam", 2),
    (19, 3, "Spam", 2), (20, 0, "Unused", 2), (21, 0, "\u2028 \x9f", None), (22, 3, "Off / Way", 2),
)  # fmt: skip
SITE_DOMAINS: Final = ("example.edu", "cs.example.edu")

SUBJECTS: Final = (
    "Cannot log in", "cluster down!", "[SPAM] buy now", "Out of Office: back on Monday", "", "tab\tnew\nline\x00nul",
    "comma, pipe | quote ' \" back\\slash \x1e\x1f\x1d", "x" * 60_000, "Größe 日本語", "-", "0", "NULL", "\\N",
)  # fmt: skip


@dataclass
class Desk:
    """The ids that tickets may point to, dangling ones among them, and what the tests must know."""

    users: list[int] = field(default_factory=list)
    event_ids: dict[str, int] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    queues: tuple[int, ...] = (*(row[0] for row in QUEUES), 0, 404)
    topics: tuple[int, ...] = (*(row[0] for row in TOPICS), 0, 0, 0, 404)
    statuses: tuple[int, ...] = (*(row[0] for row in STATUSES), 0, 404)
    priorities: tuple[int, ...] = (*(row[0] for row in PRIORITIES), 99)
    teams: tuple[int, ...] = (0, 0, 1, 2, 3, 4, 404)
    slas: tuple[int, ...] = (0, 1, 2, 3, 404)
    staff: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 404)


def fill(rows: RowSet, rng: random.Random, settings: dict[str, str]) -> Desk:
    """Add everything but tickets.

    Args:
        rows: to add to.
        rng: source of chance.
        settings: rows of the namespace ``core``.
    """
    desk = Desk()
    for key, value in settings.items():
        rows.add("config", "id", namespace="core", key=key, value=value)
        rows.add("config", "id", namespace="plugin.1", key=key, value="not for us")
    for number, name, state in STATUSES:
        rows.add("ticket_status", id=number, name=name, state=state, properties="{}", **STAMPS)
    for number, priority, description in PRIORITIES:
        rows.add("ticket_priority", priority_id=number, priority=priority, priority_desc=description)
    for number, parent, name, flags in QUEUES:
        rows.add("department", id=number, pid=parent, name=name, flags=flags, signature="", **STAMPS)
    for number, parent, name, topic_flags in TOPICS:
        rows.add("help_topic", topic_id=number, topic_pid=parent, topic=name, flags=topic_flags,
                 isactive=int(number % 3 > 0), **STAMPS)  # fmt: skip
    for number, name in enumerate(("Level I", "none", "Level  II", "Level II"), 1):
        rows.add("team", team_id=number, name=name, **STAMPS)
    for number, name in enumerate(("Default SLA", "unknown", "SLA\r\nbroken"), 1):
        rows.add("sla", id=number, name=name, grace_period=18, **STAMPS)
    people = (
        ("a1", "Ann", "Agent"),
        ("a2", "Ann", "Agent"),
        ("a3", None, None),
        ("a4", " ", "Only"),
        ("a5", "O'", '"'),
    )
    for number, (user, first, last) in enumerate(people, 1):
        rows.add("staff", staff_id=number, username=user, firstname=first, lastname=last, signature="", **STAMPS)
    _events(rows, rng, desk)
    _forms(rows)
    _users(rows, desk)
    return desk


def _events(rows: RowSet, rng: random.Random, desk: Desk) -> None:
    numbers = rng.sample(range(3, 90), len(EVENT_NAMES))
    for name, number in zip(EVENT_NAMES, numbers, strict=True):
        rows.add("event", id=number, name=name)
        desk.event_ids[name] = number


SUBJECT, PRIORITY, SECOND_SUBJECT, SECOND_PRIORITY, GENERIC_PRIORITY, GENERIC_SUBJECT, TASK_PRIORITY, GONE = range(
    20, 28
)
TICKET_FORM, SECOND_FORM, GENERIC_FORM, TASK_FORM = 3, 9, 2, 5


def _forms(rows: RowSet) -> None:
    for number, kind in ((1, "U"), (GENERIC_FORM, "G"), (TICKET_FORM, "T"), (TASK_FORM, "A"), (SECOND_FORM, "T")):
        rows.add("form", id=number, type=kind, title=f"Form {number}", **STAMPS)
    fields = (
        (SUBJECT, TICKET_FORM, "subject"), (PRIORITY, TICKET_FORM, "priority"),
        (SECOND_SUBJECT, SECOND_FORM, "subject"), (SECOND_PRIORITY, SECOND_FORM, "priority"),
        (GENERIC_PRIORITY, GENERIC_FORM, "priority"), (GENERIC_SUBJECT, GENERIC_FORM, "subject"),
        (TASK_PRIORITY, TASK_FORM, "priority"), (GONE, 0, "priority"),
    )  # fmt: skip
    for number, form, name in fields:
        rows.add("form_field", id=number, form_id=form, name=name, label=name, sort=number, **STAMPS)


def _users(rows: RowSet, desk: Desk) -> None:
    for number in range(1, 41):
        _user(rows, desk, f"User {number}", f"u{number:03d}@example.edu")
        if number % 4:
            desk.departments[f"u{number:03d}"] = ("cs", "math", "Physics", 'in "no" school')[number % 7 % 4]
    several = ("First.Last@Example.EDU", "a+b@example.edu", "bob@notexample.edu", "bob@math.example.edu",
               "bob@elsewhere.org", "nobody", "a@b@example.edu", "@example.edu", "müller@example.edu",
               " carl@example.edu", "d" * 120 + "@elsewhere.org", "", "tab\there@example.edu", "%_[*]@elsewhere.org",
               "back\\slash'quote\"@elsewhere.org")  # fmt: skip
    for number, address in enumerate(several):
        _user(rows, desk, f"Odd {number}", address)
    desk.departments.update({"first.last": "math", "a+b": "cs", "twin": "Physics"})
    for name in ("other", "unknown"):
        _user(rows, desk, f"Called {name}", f"{name}@example.edu")
    # Two rows, one person: the local parts of two site domains, in different case.
    _user(rows, desk, "Twin", "twin@example.edu")
    _user(rows, desk, "Twin Too", "TWIN@cs.example.edu")
    # The second of three addresses is the default one.
    user = _user(rows, desk, "Several", "several.first@example.edu")
    rows.rows["user"][-1]["default_email_id"] = _address(rows, user, "several@example.edu")
    _address(rows, user, "several@elsewhere.org")
    # Dangling defaults: with addresses left, with none, zero, negative, and somebody else's.
    for default in (90001, 0, -1):
        user = _user(rows, desk, "Dangling", f"dangling{default}@example.edu")
        rows.rows["user"][-1]["default_email_id"] = default
        _address(rows, user, f"later{default}@example.edu")
    desk.users.append(rows.add("user", "id", default_email_id=90002, name="No address", org_id=0, **STAMPS))
    user = _user(rows, desk, "Borrower", "borrower@example.edu")
    rows.rows["user"][-1]["default_email_id"] = 1
    desk.users += [0, 987654]


def _user(rows: RowSet, desk: Desk, name: str, address: str) -> int:
    user = rows.next_id["user"]
    email = _address(rows, user, address)
    desk.users.append(rows.add("user", "id", default_email_id=email, name=name, org_id=0, **STAMPS))
    return user


def _address(rows: RowSet, user: int, address: str) -> int:
    return rows.add("user_email", "id", user_id=user, address=address)


def widen(connection: Connection, prefix: str) -> None:
    """Give some names what the installer's columns cannot hold: 10 kB, four-byte UTF-8, broken bytes in Latin-1."""
    statements = (
        f"ALTER TABLE `{prefix}team` DROP INDEX name, MODIFY name TEXT CHARACTER SET utf8mb4 NOT NULL",
        f"UPDATE `{prefix}team` SET name = CONCAT('\U0001f600 ', REPEAT('ten kB ', 1500)) WHERE team_id = 1",
        f"ALTER TABLE `{prefix}sla` MODIFY name VARCHAR(64) CHARACTER SET latin1 NOT NULL",
        # é as UTF-8 in a Latin-1 column, half of it, a byte that cp1252 leaves undefined, and a control character.
        f"UPDATE `{prefix}sla` SET name = CAST(X'C3A920C3208120A080' AS BINARY) WHERE id = 1",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
