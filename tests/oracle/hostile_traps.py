"""The traps of the hostile database: each changes one ticket that was ordinary before."""

from collections.abc import Callable
from typing import Final

from tests.oracle import hostile_mail
from tests.oracle.hostile_desk import (
    GENERIC_FORM,
    GENERIC_PRIORITY,
    GENERIC_SUBJECT,
    GONE,
    PRIORITY,
    SECOND_FORM,
    SECOND_PRIORITY,
    SECOND_SUBJECT,
    SUBJECT,
    SUBJECTS,
    TASK_FORM,
    TASK_PRIORITY,
    TICKET_FORM,
    ZERO,
)
from tests.oracle.scribe import Case, Scribe

BOUNDS: Final = (3600, 4 * 3600, 8 * 3600, *(day * 86400 for day in (1, 2, 5, 10, 15, 20, 30, 60, 90, 180, 500)))


def bad_dates(w: Scribe, case: Case) -> None:
    """Zero and half-zero dates, NULL where the schema allows it."""
    columns = ("created", "updated", "closed", "lastupdate", "duedate", "est_duedate", "reopened")
    for name in w.rng.sample(columns, w.rng.randint(1, 3)):
        case.row[name] = w.rng.choice((ZERO, ZERO, "2021-00-15 10:00:00", "2021-03-00 00:00:00"))
    if case.threads:
        w.event(case.threads[0], w.rng.choice(("closed", "reopened")), ZERO)
        w.entry(case.threads[0], "R", ZERO)


def far_years(w: Scribe, case: Case) -> None:
    """Years at both ends of what MySQL can store."""
    name = w.rng.choice(("created", "closed", "lastupdate", "duedate"))
    case.row[name] = w.rng.choice(
        ("1000-01-01 00:00:00", "1000-06-15 12:00:00", "9999-12-31 23:59:59", "9999-06-30 00:00:00")
    )


def closed_early(w: Scribe, case: Case) -> None:
    """Closed, updated and answered before it was created; the events may say otherwise."""
    case.row["status_id"] = 3
    before = w.after(case.created, -w.rng.uniform(1, 9e6))
    case.row["closed"] = case.row["lastupdate"] = w.text(before)
    if case.threads and w.rng.random() < 0.5:
        w.event(case.threads[0], "closed", before)
        w.entry(case.threads[0], "R", before)


def future(w: Scribe, case: Case) -> None:
    """Created tomorrow, or in a second."""
    case.row["created"] = w.text(w.after(w.now, w.rng.choice((1, 2, 3600, 9e4, 9e6))))


def merged(w: Scribe, case: Case) -> None:
    """Merged and linked children, parents, and half of the marks only."""
    case.row["flags"], case.row["ticket_pid"] = w.rng.choice(
        ((1, 1), (2, 1), (3, 5), (8, 1), (9, 5), (0, 1), (1, None), (0x11, None), (0x12, None), (0x10, 7), (2, 0))
    )


def two_threads(w: Scribe, case: Case) -> None:
    """Give the ticket a second thread, with a life of its own."""
    thread = w.thread(case)
    for name in ("closed", "reopened")[: w.rng.randint(0, 2)]:
        w.event(thread, name, w.after(case.created, w.rng.uniform(0, 9e6)))
    w.entry(thread, "R", w.after(case.created, w.rng.uniform(0, 9e4)))
    w.entry(thread, "M", case.created, flags=0, title="not the original")


def no_thread(w: Scribe, case: Case) -> None:
    """Take the threads away, as a merge or a broken deletion does."""
    gone = set(case.threads)
    w.rows.rows["thread"] = [row for row in w.rows.rows["thread"] if row["id"] not in gone]
    case.threads.clear()


def task_with_the_same_id(w: Scribe, case: Case) -> None:
    """Add a task whose number is the ticket's, with events and answers that are not the ticket's."""
    thread = w.thread(case, "A")
    for name in ("created", "closed", "reopened", "closed"):
        w.event(thread, name, w.after(case.created, w.rng.uniform(0, 9e6)), thread_type="A")
    w.entry(thread, "R", case.created)
    w.answer(case, TASK_FORM, {TASK_PRIORITY: ("High", 3)}, "A")


def child_thread(w: Scribe, case: Case) -> None:
    """Add entries that came over from a merged child, and the child's emptied thread with its events."""
    thread = w.thread(case, "C")
    w.event(thread, "closed", w.after(case.created, 50))
    if case.threads:
        earlier = w.after(case.created, -9000)
        child = w.entry(case.threads[0], "M", earlier, flags=0x400 | 1, title="[SPAM] of the child")
        w.rows.add("thread_entry_email", "id", thread_entry_id=child, mid="c", headers="Precedence: bulk")
        w.entry(case.threads[0], "R", w.after(case.created, 1), flags=0x400)


def bound(w: Scribe, case: Case) -> None:
    """Make durations that are exactly a bucket's bound, or one second more."""
    case.row["status_id"] = 3
    for name in ("closed", "lastupdate"):
        seconds = w.rng.choice(BOUNDS) + w.rng.choice((0, 0, 1))
        case.row[name] = w.text(w.after(case.created, seconds))
    no_thread(w, case)
    w.entry(w.thread(case), "R", w.after(case.created, w.rng.choice(BOUNDS)))


def change_of_clocks(w: Scribe, case: Case) -> None:
    """Create, close and answer around a change of the server's clock: hours twice or never."""
    change = w.rng.choice(w.changes)
    readings = [w.after(change, w.rng.uniform(-9000, 9000)) for _ in range(4)]
    case.row["status_id"], case.created = 3, readings[0]
    case.row["created"], case.row["closed"], case.row["lastupdate"] = map(w.text, readings[:3])
    for thread in case.threads:
        w.event(thread, "closed", readings[1])
        w.entry(thread, "R", readings[3])


def automatic(w: Scribe, case: Case) -> None:
    """Put mail headers on the first message: automatic or not, and misleading ones elsewhere."""
    if not case.threads:
        return
    headers = w.rng.choice(hostile_mail.AUTOMATIC + hostile_mail.ORDINARY)
    for row in w.rows.rows["thread_entry"]:
        if row["thread_id"] == case.threads[0] and row["type"] == "M" and row["flags"] & 0x401 == 1:
            w.rows.add("thread_entry_email", "id", thread_entry_id=row["id"], mid="m", headers=headers)
            break
    later = w.entry(case.threads[0], "M", case.created)
    w.rows.add("thread_entry_email", "id", thread_entry_id=later, mid="m", headers="Precedence: bulk")
    w.rows.add("thread_entry_email", "id", thread_entry_id=0, mid="denied", headers="Precedence: bulk")
    w.rows.add("thread_entry_email", "id", thread_entry_id=later, mid="gone", headers=None)


def hidden_answers(w: Scribe, case: Case) -> None:
    """Add answers that do not count, before one that may."""
    for thread in case.threads:
        for flags in w.rng.sample((4, 0x80, 0x84, 0x400, 0x480), 2):
            w.entry(thread, "R", w.after(case.created, 5), flags=flags)
        w.entry(thread, "N", w.after(case.created, 6))
        w.entry(thread, "R", w.after(case.created, 4000), flags=w.rng.choice((2, 8, 0x100)))


def agent_opened(w: Scribe, case: Case) -> None:
    """Opened by an agent, whose first words belong to the opening."""
    for thread in case.threads:
        w.event(thread, "created", case.created, uid_type="S")
        for seconds in w.rng.sample((-5, 0, 3, 59, 61, 62, 5000), 3):
            w.entry(thread, "R", w.after(case.created, seconds))


def odd_answers(w: Scribe, case: Case) -> None:
    """Answer before the creation, twice in the same second, far away."""
    for thread in case.threads:
        for seconds in w.rng.sample((-100, -1, 0, 0, 1, 86400), 3):
            w.entry(thread, "R", w.after(case.created, seconds))


def odd_forms(w: Scribe, case: Case) -> None:
    """Answer several forms: another ticket form, a generic one with the same field names, a deleted field."""
    w.answer(case, GENERIC_FORM, {GENERIC_SUBJECT: ("[SPAM]", None), GENERIC_PRIORITY: ("x", 3), GONE: ("x", 3)})
    w.answer(case, SECOND_FORM, {SECOND_SUBJECT: ("[SPAM]", None), SECOND_PRIORITY: w.priority()})
    w.answer(case, TICKET_FORM, {SUBJECT: (w.rng.choice(SUBJECTS), None), PRIORITY: w.priority()})


def annulled(w: Scribe, case: Case) -> None:
    """Annul events: they are history all the same."""
    for thread in case.threads:
        w.event(thread, "closed", w.after(case.created, 500), annulled=1)
        w.event(thread, "reopened", w.after(case.created, 400), annulled=1)


def untyped_events(w: Scribe, case: Case) -> None:
    """Log events of an upgraded help desk: no type, no thread."""
    kind = "" if w.variant.upgraded else "T"
    for thread in (*case.threads, 0):
        w.event(thread, "closed", w.after(case.created, w.rng.uniform(0, 9e6)), thread_type=kind)
    if w.variant.upgraded:
        w.event(w.thread(case, "A"), "closed", case.created, thread_type="")
        w.event(w.thread(case, "C"), "reopened", case.created, thread_type="")


def odd_source(w: Scribe, case: Case) -> None:
    """Store a source that is none of the enumeration's, as a lax session may."""
    case.row["source"] = w.rng.choice(("Fax", "API", "Other", ""))


def same_second(w: Scribe, case: Case) -> None:
    """Close and reopen within one second: the ids decide."""
    moment = w.after(case.created, w.rng.uniform(0, 9e6))
    for thread in case.threads:
        for name in w.rng.choice((("closed", "reopened"), ("reopened", "closed"))):
            w.event(thread, name, moment)


TRAPS: Final[tuple[Callable[[Scribe, Case], None], ...]] = (
    bad_dates, far_years, closed_early, future, merged, two_threads, no_thread, task_with_the_same_id, child_thread,
    bound, change_of_clocks, automatic, hidden_answers, agent_opened, odd_answers, odd_forms, annulled,
    untyped_events, odd_source, same_second,
)  # fmt: skip
