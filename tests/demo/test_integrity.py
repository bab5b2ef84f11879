import re
from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import Connection, text

from exporter.demo import fixed
from exporter.demo.subjects import SHARES


def ask(demo: Connection, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    return [tuple(row) for row in demo.execute(text(query))]


@pytest.mark.parametrize(
    ("table", "column", "target", "key"),
    [
        ("ticket", "user_id", "user", "id"),
        ("ticket", "status_id", "ticket_status", "id"),
        ("ticket", "dept_id", "department", "id"),
        ("ticket", "topic_id", "help_topic", "topic_id"),
        ("ticket", "sla_id", "sla", "id"),
        ("ticket", "staff_id", "staff", "staff_id"),
        ("ticket", "team_id", "team", "team_id"),
        ("ticket", "ticket_pid", "ticket", "ticket_id"),
        ("user", "default_email_id", "user_email", "id"),
        ("user_email", "user_id", "user", "id"),
        ("thread_entry", "thread_id", "thread", "id"),
        ("thread_entry", "pid", "thread_entry", "id"),
        ("thread_entry", "staff_id", "staff", "staff_id"),
        ("thread_entry", "user_id", "user", "id"),
        ("thread_entry_email", "thread_entry_id", "thread_entry", "id"),
        ("thread_entry_merge", "thread_entry_id", "thread_entry", "id"),
        ("thread_event", "event_id", "event", "id"),
        ("thread_event", "dept_id", "department", "id"),
        ("form_entry_values", "entry_id", "form_entry", "id"),
        ("form_entry_values", "field_id", "form_field", "id"),
    ],
)
def test_nothing_dangles(demo: Connection, table: str, column: str, target: str, key: str) -> None:
    """Every id that is set has its row."""
    query = f"SELECT COUNT(*) FROM ost_{table} WHERE {column} > 0 AND {column} NOT IN (SELECT {key} FROM ost_{target})"
    assert ask(demo, query) == [(0,)]


def test_every_ticket_has_one_thread_one_form_and_its_answers(demo: Connection) -> None:
    """Threads are of type T, of merged children C; forms hold a subject and a priority."""
    threads = Counter((kind, ticket) for kind, ticket in ask(demo, "SELECT object_type, object_id FROM ost_thread"))
    tickets = ask(demo, "SELECT ticket_id, flags & 3 AND ticket_pid IS NOT NULL FROM ost_ticket")
    for ticket, merged in tickets:
        assert (threads["T", ticket], threads["C", ticket]) == ((0, 1) if merged else (1, 0))
    answers = Counter(ask(demo, """SELECT f.object_id, v.field_id FROM ost_form_entry f
        JOIN ost_form_entry_values v ON v.entry_id = f.id WHERE f.object_type = 'T'"""))  # fmt: skip
    fields = (fixed.SUBJECT_FIELD, fixed.PRIORITY_FIELD)
    assert answers == Counter((ticket, field) for ticket, _ in tickets for field in fields)


def test_ids_are_not_each_others(demo: Connection) -> None:
    """Ticket, thread and form ids differ, as do user and address ids: who mixes them up is wrong."""
    assert ask(demo, "SELECT COUNT(*) > 10000 FROM ost_thread WHERE object_type = 'T' AND id <> object_id") == [(1,)]
    assert ask(demo, "SELECT COUNT(*) > 1000 FROM ost_user WHERE id <> default_email_id") == [(1,)]
    assert ask(demo, "SELECT COUNT(*) > 0 FROM ost_thread a JOIN ost_ticket t ON t.ticket_id = a.object_id "
                     "WHERE a.object_type = 'A'") == [(1,)]  # fmt: skip


def test_merged_children_as_osticket_leaves_them(demo: Connection) -> None:
    """A child is closed, its first message lies in the parent's thread with the flag 0x400, both have the event."""
    children = ask(demo, """SELECT c.ticket_id, c.status_id, p.flags, n.flags, h.object_id FROM ost_ticket c
        JOIN ost_ticket p ON p.ticket_id = c.ticket_pid JOIN ost_thread own ON own.object_id = c.ticket_id
        AND own.object_type = 'C' JOIN ost_thread_entry_merge m ON m.data = '{"thread":' || own.id || '}'
        JOIN ost_thread_entry n ON n.id = m.thread_entry_id JOIN ost_thread h ON h.id = n.thread_id
        WHERE c.flags & 3 AND h.object_id = c.ticket_pid""")  # fmt: skip
    assert len(children) == 43
    assert {(status, flags) for _, status, flags, _, _ in children} == {(fixed.CLOSED, 0x11)}
    assert {flags for *_, flags, _ in children} == {0x441}
    assert ask(demo, "SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 15") == [(86,)]


def test_deleted_tickets_left_only_their_events(demo: Connection) -> None:
    """Gone from every table, thread 0 in the log, and one event with the dead thread's id."""
    assert ask(demo, """SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 14
        AND thread_id NOT IN (SELECT id FROM ost_thread)""") == [(43,)]  # fmt: skip
    assert ask(demo, "SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 1 AND thread_id = 0") == [(43,)]
    assert ask(demo, "SELECT MAX(ticket_id) - COUNT(*) FROM ost_ticket") == [(43,)]


def test_states_and_columns_agree(demo: Connection) -> None:
    """Open tickets are not closed, closed ones end with their last event, which nothing annulled."""
    assert ask(demo, "SELECT COUNT(*) FROM ost_ticket WHERE (status_id = 1) <> (closed IS NULL)") == [(0,)]
    assert ask(demo, "SELECT COUNT(*) FROM ost_ticket WHERE closed <= created OR reopened >= closed") == [(0,)]
    assert ask(demo, """SELECT COUNT(*) FROM ost_ticket t JOIN ost_thread h ON h.object_id = t.ticket_id
        AND h.object_type IN ('T', 'C') WHERE t.closed IS NOT NULL AND t.closed <> (SELECT MAX(timestamp)
        FROM ost_thread_event e WHERE e.thread_id = h.id AND e.event_id = 2 AND e.annulled = 0)
        """) == [(0,)]  # fmt: skip


def test_reopenings_annul_the_closing_before(demo: Connection) -> None:
    """As many annulled closings as reopenings, each earlier than its reopening."""
    assert ask(demo, """SELECT (SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 2 AND annulled = 1)
        = COUNT(*) AND COUNT(*) > 300 FROM ost_thread_event WHERE event_id = 3""") == [(1,)]  # fmt: skip
    assert ask(demo, """SELECT COUNT(*) FROM ost_thread_event r JOIN ost_thread_event c ON c.thread_id = r.thread_id
        AND c.event_id = 2 AND c.annulled = 1 WHERE r.event_id = 3 AND c.timestamp >= r.timestamp
        """) == [(0,)]  # fmt: skip


def test_events_and_entries_ascend(demo: Connection) -> None:
    """Ids follow time, as auto-increments do."""
    for table, column in (("thread_event", "timestamp"), ("thread_entry", "created"), ("form_entry", "created")):
        moments = [str(row[0]) for row in ask(demo, f"SELECT {column} FROM ost_{table} ORDER BY id")]
        assert all(one <= other for one, other in pairwise(moments))


def test_answers_come_after_questions(demo: Connection) -> None:
    """No entry is older than its ticket, and only the canned answer is as old."""
    assert ask(demo, """SELECT COUNT(*) FROM ost_thread_entry n JOIN ost_thread h ON h.id = n.thread_id
        AND h.object_type = 'T' JOIN ost_ticket t ON t.ticket_id = h.object_id WHERE n.created < t.created
        OR (n.type = 'R' AND n.flags & 128 = 0 AND n.created = t.created)""") == [(0,)]  # fmt: skip


def test_updated_of_entries_is_the_zero_date(demo: Connection) -> None:
    """No new entry gets one, so no reader may trust it."""
    assert ask(demo, "SELECT DISTINCT updated FROM ost_thread_entry") == [("0000-00-00 00:00:00",)]


def test_automatic_replies_and_absences(demo: Connection) -> None:
    """Automatic mails bear headers that say so; an out-of-office subject alone is an ordinary ticket."""
    automatic = ask(demo, """SELECT n.title, m.headers FROM ost_thread_entry_email m JOIN ost_thread_entry n
        ON n.id = m.thread_entry_id WHERE m.headers LIKE '%Auto-Submitted:%' OR m.headers LIKE '%Precedence:%'
        """)  # fmt: skip
    assert len(automatic) == 129
    assert {re.findall(r"Auto-Submitted: \S+|Precedence: \S+", str(headers))[0] for _, headers in automatic} == {
        "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated", "Precedence: auto_reply", "Precedence: bulk",
    }  # fmt: skip
    away = ask(demo, "SELECT COUNT(*) > 5 FROM ost_thread_entry WHERE title LIKE '%out of office%' AND flags & 1")
    assert away == [(1,)]


def test_everything_that_the_exporter_tells_apart_is_there(demo: Connection) -> None:
    """Several sources, teams, plans, hand-overs, overdue and unanswered tickets, tasks, priorities."""
    for query, least in (
        ("SELECT COUNT(DISTINCT source) FROM ost_ticket", 5),
        ("SELECT COUNT(DISTINCT team_id) FROM ost_ticket", 4),
        ("SELECT COUNT(DISTINCT sla_id) FROM ost_ticket", 4),
        ("SELECT COUNT(DISTINCT status_id) FROM ost_ticket", 4),
        ("SELECT COUNT(*) FROM ost_ticket WHERE status_id = 1 AND isanswered = 0", 20),
        ("SELECT COUNT(*) FROM ost_ticket WHERE status_id = 1 AND isoverdue = 1", 20),
        ("SELECT COUNT(*) FROM ost_ticket WHERE duedate IS NOT NULL", 20),
        ("SELECT COUNT(*) FROM ost_thread_event WHERE thread_type = 'A'", 100),
        ("SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 6", 500),
        ("SELECT COUNT(*) FROM ost_thread_event WHERE event_id = 1 AND uid_type = 'S' AND thread_type = 'T'", 300),
        ("SELECT COUNT(*) FROM ost_user_email", 2050),
        ("SELECT COUNT(DISTINCT value) FROM ost_form_entry_values WHERE field_id = 22", 4),
        ("SELECT COUNT(DISTINCT value) FROM ost_form_entry_values WHERE field_id = 20", 1500),
    ):
        found = ask(demo, query)[0][0]
        assert isinstance(found, int)
        assert found >= least, query
    assert sum(SHARES.values()) == pytest.approx(1)


def test_nobody_is_real(demo: Connection) -> None:
    """Persons are numbers, agents trees, addresses in domains that nobody can own."""
    for (name,) in ask(demo, "SELECT name FROM ost_user"):
        assert re.fullmatch(r"Demo Person \d{4}", str(name))
    for (address,) in ask(demo, "SELECT address FROM ost_user_email"):
        assert re.fullmatch(r"demo\d{4}@([a-z]+\.)?example\.(edu|org|net|com)", str(address).lower())
    assert {first for (first,) in ask(demo, "SELECT firstname FROM ost_staff")} == {"Agent"}


def test_settings(demo: Connection) -> None:
    """The signature is 1.18's, the desk's zone is not the server's."""
    settings = {str(key): value for key, value in ask(demo, "SELECT key, value FROM ost_config")}
    assert settings["schema_signature"] == "5fb92bef17f3b603659e024c01cc7a59"
    assert (settings["default_timezone"], settings["db_timezone"]) == ("America/New_York", "UTC")
