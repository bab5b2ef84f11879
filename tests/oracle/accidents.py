"""What leaves no trace that an incremental reading could follow: found by comparing everything."""

from collections.abc import Callable
from typing import Final

from tests.oracle.daily import set_priority
from tests.oracle.life import GROWING, Life
from tests.oracle.variants import VARIANTS


def delete(life: Life) -> None:
    """An agent deletes a ticket, in the way of the version."""
    ticket, thread = life.ticket()
    has_merge, has_events = VARIANTS[life.version].has_merge, VARIANTS[life.version].has_event_table
    life.run("DELETE FROM {t} WHERE ticket_id = %s", ticket)
    if has_merge or not has_events:
        life.run("DELETE FROM {thread} WHERE id = %s", thread)
        life.run("DELETE FROM {thread_entry} WHERE thread_id = %s", thread)
        life.run("UPDATE {thread_event} SET thread_id = 0 WHERE thread_id = %s", thread)
    if has_events:
        life.log(thread, "deleted")


def bulk_update(life: Life) -> None:
    """An administrator deletes a department or moves statuses by SQL: no event, no ``updated``."""
    column, value = life.rng.choice((("dept_id", 2), ("staff_id", 0), ("status_id", 3), ("topic_id", 1)))
    life.run(f"UPDATE {{t}} SET {column} = %s WHERE ticket_id %% 7 = %s", value, life.rng.randrange(7))


def purge_events(life: Life) -> None:
    """An administrator shortens the event log."""
    life.run(
        "DELETE FROM {thread_event} WHERE id %% 11 = %s AND timestamp < %s", life.rng.randrange(11), life.clock(-86400)
    )


def change_address(life: Life) -> None:
    """A user gets another default address."""
    user = life.rng.choice([row[0] for row in life.ask("SELECT DISTINCT user_id FROM {t}")])
    email = life.run(
        "INSERT INTO {user_email} (user_id, address) VALUES (%s, %s)", user, f"new{life.rng.random()}@example.edu"
    )
    life.run("UPDATE {user} SET default_email_id = %s WHERE id = %s", email, user)


def silent_priority(life: Life) -> None:
    """Somebody changes answers by SQL."""
    for _ in range(5):
        set_priority(life, life.ticket()[0])


def hide_answers(life: Life) -> None:
    """Older revisions of answers are hidden; some are deleted."""
    life.run("UPDATE {thread_entry} SET flags = flags | 4 WHERE type = 'R' AND id %% 9 = %s", life.rng.randrange(9))
    life.run("DELETE FROM {thread_entry} WHERE type = 'R' AND id %% 17 = %s", life.rng.randrange(17))


def delete_many(life: Life) -> None:
    """Somebody deletes tickets by SQL, the rest of them stays."""
    life.run("DELETE FROM {t} WHERE ticket_id %% 19 = %s", life.rng.randrange(19))


def keep_backup(life: Life) -> None:
    """Copy the tables that grow."""
    for name in GROWING:
        life.run(f"CREATE TABLE `backup_{name}` AS SELECT * FROM {{{name}}}")


def restore_backup(life: Life) -> None:
    """Bring the older copy back: ids fall below what was seen."""
    for name in GROWING:
        life.run(f"TRUNCATE {{{name}}}")
        life.run(f"INSERT INTO {{{name}}} SELECT * FROM `backup_{name}`")


ACCIDENTS: Final[tuple[Callable[[Life], None], ...]] = (
    delete, bulk_update, purge_events, change_address, silent_priority, hide_answers, delete_many,
    restore_backup,
)  # fmt: skip
