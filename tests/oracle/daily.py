"""What happens on a help desk every day: each leaves a new row, an event or a later ``updated``."""

from collections.abc import Callable
from typing import Final

from tests.oracle.hostile_desk import PRIORITIES, PRIORITY, QUEUES, SUBJECT, TICKET_FORM, TOPICS, ZERO
from tests.oracle.life import Life
from tests.oracle.variants import VARIANTS


def open_ticket(life: Life, number: int | None = None) -> None:
    """A user writes: ticket, thread, message, event, answers."""
    user = life.rng.choice([row[0] for row in life.ask("SELECT id FROM {user}")])
    ticket = life.run(
        "INSERT INTO {t} (ticket_id, user_id, status_id, dept_id, topic_id, source, created, lastupdate, updated) "
        "VALUES (%s, %s, 1, %s, %s, 'Email', %s, %s, %s)",
        number, user, life.rng.choice(QUEUES)[0], life.rng.choice(TOPICS)[0], *[life.clock()] * 3,
    )  # fmt: skip
    ticket = number or ticket
    thread = life.run(
        "INSERT INTO {thread} (object_id, object_type, created) VALUES (%s, 'T', %s)", ticket, life.clock()
    )
    entry = life.run(
        "INSERT INTO {thread_entry} (thread_id, type, flags, title, body, created, updated) "
        "VALUES (%s, 'M', 65, 'Hello', '-', %s, %s)", thread, life.clock(), ZERO,
    )  # fmt: skip
    if life.rng.random() < 0.2:
        life.run(
            "INSERT INTO {thread_entry_email} (thread_entry_id, mid, headers) VALUES (%s, 'm', 'Precedence: bulk')",
            entry,
        )
    life.log(thread, "created")
    answer(life, ticket)


def answer(life: Life, ticket: int) -> None:
    """Answer the ticket form."""
    form = life.run(
        "INSERT INTO {form_entry} (form_id, object_id, object_type, created, updated) VALUES (%s, %s, 'T', %s, %s)",
        TICKET_FORM, ticket, ZERO, ZERO,
    )  # fmt: skip
    insert = "INSERT INTO {form_entry_values} (entry_id, field_id, value, value_id) VALUES (%s, %s, %s, %s)"
    life.run(insert, form, SUBJECT, life.rng.choice(("Hello", "[SPAM] hello")), None)
    life.run(insert, form, PRIORITY, "x", life.rng.choice(PRIORITIES)[0])


def reply(life: Life) -> None:
    """An agent answers: no event, only an entry."""
    ticket, thread = life.ticket()
    life.run(
        "INSERT INTO {thread_entry} (thread_id, staff_id, type, body, created, updated) "
        "VALUES (%s, 1, 'R', '-', %s, %s)",
        thread, life.clock(), ZERO,
    )  # fmt: skip
    life.run("UPDATE {t} SET isanswered = 1, updated = %s WHERE ticket_id = %s", life.clock(), ticket)


def message(life: Life) -> None:
    """A user writes again."""
    ticket, thread = life.ticket()
    life.run(
        "INSERT INTO {thread_entry} (thread_id, type, body, created, updated) VALUES (%s, 'M', '-', %s, %s)",
        thread, life.clock(), ZERO,
    )  # fmt: skip
    life.run(
        "UPDATE {t} SET isanswered = 0, lastupdate = %s, updated = %s WHERE ticket_id = %s",
        life.clock(), life.clock(), ticket,
    )  # fmt: skip


def close(life: Life) -> None:
    """An agent closes."""
    ticket, thread = life.ticket()
    life.run(
        "UPDATE {t} SET status_id = %s, closed = %s, lastupdate = %s, updated = %s, duedate = NULL "
        "WHERE ticket_id = %s",
        life.rng.choice((2, 3)), *[life.clock()] * 3, ticket,
    )  # fmt: skip
    if VARIANTS[life.version].has_event_table:
        annul(life, thread)
    life.log(thread, "closed")


def annul(life: Life, thread: int) -> None:
    """Annul the closings of a thread."""
    column = "event_id" if VARIANTS[life.version].has_event_table else "state"
    value = life.event_ids["closed"] if column == "event_id" else "closed"
    life.run(f"UPDATE {{thread_event}} SET annulled = 1 WHERE thread_id = %s AND {column} = %s", thread, value)


def reopen(life: Life) -> None:
    """A user is not content."""
    ticket, thread = life.ticket()
    closed = None if VARIANTS[life.version].has_merge else life.clock()  # up to 1.12 the moment of the reopening
    life.run(
        "UPDATE {t} SET status_id = 1, closed = %s, reopened = %s, isanswered = 0, lastupdate = %s, updated = %s "
        "WHERE ticket_id = %s", closed, *[life.clock()] * 3, ticket,
    )  # fmt: skip
    annul(life, thread)
    life.log(thread, "reopened")


def transfer(life: Life) -> None:
    """An agent hands the ticket over."""
    ticket, thread = life.ticket()
    life.run(
        "UPDATE {t} SET dept_id = %s, updated = %s WHERE ticket_id = %s",
        life.rng.choice(QUEUES)[0], life.clock(), ticket,
    )  # fmt: skip
    life.log(thread, "transferred")


def edit_priority(life: Life) -> None:
    """An agent changes the priority: the form's answer and an event, the ticket's row untouched."""
    ticket, thread = life.ticket()
    set_priority(life, ticket)
    life.log(thread, "edited")


def set_priority(life: Life, ticket: int) -> None:
    """Change the answer to the priority question."""
    life.run(
        "UPDATE {form_entry_values} v JOIN {form_entry} e ON e.id = v.entry_id SET v.value_id = %s "
        "WHERE e.object_type = 'T' AND e.object_id = %s AND v.field_id = %s",
        life.rng.choice(PRIORITIES)[0], ticket, PRIORITY,
    )  # fmt: skip


def edit_subject(life: Life) -> None:
    """An agent changes the subject: the form's answer and an event, so that the ticket becomes excluded or counted."""
    ticket, thread = life.ticket()
    life.run(
        "UPDATE {form_entry_values} v JOIN {form_entry} e ON e.id = v.entry_id SET v.value = %s "
        "WHERE e.object_type = 'T' AND e.object_id = %s AND v.field_id = %s",
        life.rng.choice(("[SPAM] now", "Hello", "")), ticket, SUBJECT,
    )  # fmt: skip
    life.log(thread, "edited")


def merge(life: Life) -> None:
    """An agent merges one ticket into another, or links them."""
    if not VARIANTS[life.version].has_merge:
        return
    (parent, parent_thread), (child, thread) = life.ticket(), life.ticket()
    if parent == child:
        return
    flags = life.rng.choice((1, 2, 8))
    life.run("UPDATE {t} SET ticket_pid = %s, flags = %s, updated = %s WHERE ticket_id = %s",
             parent, flags, life.clock(), child)  # fmt: skip
    life.run("UPDATE {t} SET flags = flags | %s | 16, updated = %s WHERE ticket_id = %s", flags, life.clock(), parent)
    life.log(parent_thread, "merged")
    life.log(thread, "merged")
    if flags & 3 and thread and parent_thread:
        life.run("UPDATE {thread_entry} SET thread_id = %s, flags = flags | 1024 WHERE thread_id = %s",
                 parent_thread, thread)  # fmt: skip
        life.run("UPDATE {thread} SET object_type = 'C' WHERE id = %s", thread)
        life.run("UPDATE {t} SET status_id = 3, closed = %s, lastupdate = %s WHERE ticket_id = %s",
                 life.clock(), life.clock(), child)  # fmt: skip
        life.log(thread, "closed")


def rename_status(life: Life) -> None:
    """An administrator renames a status and changes another one's state."""
    life.run("UPDATE {ticket_status} SET name = CONCAT('Renamed ', id) WHERE id = %s", life.rng.choice((1, 2, 6)))
    state = life.rng.choice(("open", "closed", "archived", None))
    life.run("UPDATE {ticket_status} SET state = %s WHERE id = %s", state, life.rng.choice((6, 7, 8)))


def late_commit(life: Life) -> None:
    """A ticket becomes visible whose id is below others that were seen before."""
    numbers = {row[0] for row in life.ask("SELECT ticket_id FROM {t}")}
    highest = max(numbers)
    life.run("INSERT INTO {t} (ticket_id, user_id, status_id, created, updated) VALUES (%s, 1, 1, %s, %s)",
             highest + 3, life.clock(), life.clock())  # fmt: skip
    open_ticket(life, highest + 2)


DAILY: Final[tuple[Callable[[Life], None], ...]] = (
    open_ticket, reply, message, close, reopen, transfer, edit_priority, edit_subject, merge, rename_status,
    late_commit,
)  # fmt: skip
