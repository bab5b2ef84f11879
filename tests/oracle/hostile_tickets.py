"""Tickets of the hostile database: each is ordinary at first, then some traps are laid into it."""

from tests.oracle.hostile_desk import PRIORITY, SUBJECT, SUBJECTS, TICKET_FORM
from tests.oracle.hostile_traps import TRAPS
from tests.oracle.scribe import Case, Scribe


def write(w: Scribe, count: int) -> None:
    """Add that many tickets, then the events of some that were deleted."""
    for number in range(count):
        case = ordinary(w)
        TRAPS[number % len(TRAPS)](w, case)
        for trap in w.rng.sample(TRAPS, w.rng.choice((0, 0, 0, 1, 2))):
            trap(w, case)
    for _ in range(count // 10):
        _deleted_ticket(w)


def ordinary(w: Scribe) -> Case:
    """Add a ticket as osTicket writes it, though with ids that may dangle."""
    rng, desk = w.rng, w.desk
    age = rng.choice((rng.uniform(0, 2), rng.uniform(0, 40), rng.uniform(0, 1500))) * 86400
    created = w.after(w.now, -age)
    ids = {
        name: values[int(len(values) * rng.random() ** 2)]
        for name, values in (
            ("user_id", tuple(desk.users)), ("status_id", desk.statuses), ("dept_id", desk.queues),
            ("topic_id", desk.topics), ("team_id", desk.teams), ("sla_id", desk.slas), ("staff_id", desk.staff),
        )
    }  # fmt: skip
    last = w.after(created, rng.uniform(0, max(age, 1)))
    row = {
        "ticket_pid": None, "flags": 0, "sort": 0, "number": "1", "source": rng.choice(("Web", "Email", "Phone")),
        "isanswered": rng.randrange(2), "isoverdue": rng.randrange(2), "created": w.text(created),
        "lastupdate": w.text(last), "updated": w.text(last), "closed": None, "reopened": None,
        "duedate": rng.choice((None, None, w.near())), "est_duedate": rng.choice((None, w.near())), **ids,
    }  # fmt: skip
    w.rows.add("ticket", "ticket_id", **row)
    case = Case(w.rows.rows["ticket"][-1], created)
    thread = w.thread(case)
    w.event(thread, "created", created, uid_type="U")
    w.entry(thread, "M", created, flags=1 | 64, title=rng.choice(SUBJECTS))
    _history(w, case, thread)
    if rng.random() < 0.6:
        w.entry(thread, "R", w.after(created, rng.uniform(0, 9e5)))
    w.answer(case, TICKET_FORM, {SUBJECT: (rng.choice(SUBJECTS), None), PRIORITY: w.priority()})
    return case


def _history(w: Scribe, case: Case, thread: int) -> None:
    moment = case.created
    for name in w.rng.choice(((), ("closed",), ("closed", "reopened"), ("closed", "reopened", "closed"),
                                 ("overdue", "transferred", "closed"), ("assigned", "viewed", "edited"),
                                 ("closed", "closed"), ("reopened", "closed", "reopened"))):  # fmt: skip
        moment = w.after(moment, w.rng.choice((0, 5, w.rng.uniform(0, 1e6))))
        w.event(thread, name, moment)
    column = w.rng.choice((None, w.text(moment), w.text(w.after(moment, 7e4))))
    case.row["closed"] = column


def _deleted_ticket(w: Scribe) -> None:
    moment = w.after(w.now, -w.rng.uniform(0, 9e7))
    for name in ("created", "assigned", "closed"):
        w.event(0, name, moment)
    w.event(w.rng.randint(10**6, 10**7), "deleted", moment)
    if w.variant.has_event_table:
        w.event(0, "closed", moment, thread_type="A" if w.variant.has_merge else "T")
