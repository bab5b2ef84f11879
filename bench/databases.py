"""Large osTicket databases for measurements: made by MariaDB itself out of sequence tables, in seconds.

Only the shape matters here: ten years, growing, office hours, 5 % open, events, answers, forms and mail headers in
realistic numbers. For data that mean something use ``umbrella demo-data``.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from string import Template
from typing import Final

from sqlalchemy import Engine, create_engine, text

from exporter.demo.fixed import fill_fixed
from exporter.demo.schema import like_osticket, metadata

YEARS: Final = 10
THREAD_OFFSET: Final = 7  # thread and form ids differ from ticket ids, so that a reader that mixes them up is found
FORM_OFFSET: Final = 19

# RAND(n) with a constant seed is one repeatable stream per place where it stands.
# A ticket's moment: growth over the years, then inside its week the share of each day, then inside its day office
# hours. Every step is monotone, so ids ascend with time.
_TICKET: Final = """
INSERT INTO ${p}ticket (ticket_id, number, user_id, status_id, dept_id, sla_id, topic_id, staff_id, team_id, email_id,
  ip_address, source, isoverdue, isanswered, est_duedate, reopened, closed, lastupdate, created, updated)
SELECT seq, LPAD(seq, 6, '0'), 1 + FLOOR(${users} * POW(RAND(1), 3)),
  IF(closed IS NULL, 1, ELT(1 + FLOOR(RAND(2) * 20), 4, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)),
  ELT(1 + FLOOR(RAND(3) * 10), 1, 1, 4, 4, 4, 4, 5, 5, 6, 3), IF(RAND(4) < 0.8, 1, 2),
  ELT(1 + FLOOR(RAND(5) * 10), 1, 1, 10, 11, 12, 13, 13, 14, 16, 17), IF(RAND(6) < 0.7, 1 + FLOOR(RAND(7) * 6), 0),
  IF(RAND(8) < 0.3, 1 + FLOOR(RAND(9) * 3), 0), 1, '192.0.2.1',
  ELT(1 + FLOOR(RAND(10) * 10), 'Email', 'Email', 'Email', 'Email', 'Email', 'Web', 'Web', 'Web', 'Phone', 'API'),
  0, RAND(11) < 0.85, created + INTERVAL 18 HOUR, IF(RAND(12) < 0.04 AND closed IS NOT NULL,
  created + INTERVAL FLOOR(TIMESTAMPDIFF(SECOND, created, closed) * 0.6) SECOND, NULL),
  closed, COALESCE(closed, created + INTERVAL FLOOR(RAND(13) * 3600) SECOND), created, COALESCE(closed, created)
FROM (
  SELECT seq, created, IF(RAND(21) < 0.04 OR created + INTERVAL seconds SECOND > '${now}', NULL,
    created + INTERVAL seconds SECOND) AS closed
  FROM (
    SELECT seq, FLOOR(300 - LN(1 - RAND(22)) * 86400 * 20) AS seconds,
      LEAST('${now}', '${start}' + INTERVAL week * 7 + FLOOR(day) DAY + INTERVAL FLOOR(3600 * CASE
        WHEN day - FLOOR(day) < 0.05 THEN (day - FLOOR(day)) / 0.05 * 8
        WHEN day - FLOOR(day) < 0.90 THEN 8 + (day - FLOOR(day) - 0.05) / 0.85 * 10
        ELSE 18 + (day - FLOOR(day) - 0.90) / 0.10 * 5.99 END) SECOND) AS created
    FROM (
      SELECT seq, FLOOR(t) AS week, IF(t - FLOOR(t) < 0.94, (t - FLOOR(t)) / 0.188,
        5 + (t - FLOOR(t) - 0.94) / 0.03) AS day
      FROM (SELECT seq, POW(seq / (${n} + 1), 0.8) * ${weeks} AS t FROM seq_1_to_${n}) AS position
    ) AS days
  ) AS moments
) AS tickets
"""
_THREAD: Final = """
INSERT INTO ${p}thread (id, object_id, object_type, lastresponse, lastmessage, created)
SELECT ticket_id + ${thread}, ticket_id, 'T', IF(isanswered, updated, NULL), created, created FROM ${p}ticket
"""
_EVENT: Final = """
INSERT INTO ${p}thread_event (thread_id, thread_type, event_id, staff_id, team_id, dept_id, topic_id, data, username,
  uid, uid_type, annulled, timestamp)
SELECT thread_id, 'T', event_id, staff_id, team_id, dept_id, topic_id,
  IF(event_id = 2, '{"status":[3,"Closed"]}', NULL), IF(event_id = 8, 'SYSTEM', 'agent01'), 1, 'S', annulled, at
FROM (
  SELECT ticket_id + ${thread} AS thread_id, staff_id, team_id, dept_id, topic_id, kind.event_id,
    kind.which = 'first' AS annulled, CASE kind.which
      WHEN 'created' THEN created
      WHEN 'assigned' THEN IF(staff_id > 0, created + INTERVAL 20 MINUTE, NULL)
      WHEN 'moved' THEN IF(ticket_id % 5 = 0, created + INTERVAL 50 MINUTE, NULL)
      WHEN 'overdue' THEN IF(ticket_id % 9 = 0, est_duedate, NULL)
      WHEN 'first' THEN created + INTERVAL FLOOR(TIMESTAMPDIFF(SECOND, created, reopened) / 2) SECOND
      WHEN 'reopened' THEN reopened
      ELSE closed END AS at
  FROM ${p}ticket JOIN (
    SELECT 'created' AS which, 1 AS event_id UNION ALL SELECT 'assigned', 4 UNION ALL SELECT 'moved', 6
    UNION ALL SELECT 'overdue', 8 UNION ALL SELECT 'first', 2 UNION ALL SELECT 'reopened', 3
    UNION ALL SELECT 'closed', 2) AS kind
) AS events
WHERE at <= '${now}' ORDER BY at
"""
_ENTRY: Final = """
INSERT INTO ${p}thread_entry (thread_id, staff_id, user_id, type, flags, poster, source, title, body, format,
  ip_address, created, updated)
SELECT thread_id, IF(type = 'M', 0, 1), IF(type = 'M', user_id, 0), type, IF(type = 'M', 65, 0),
  IF(type = 'M', 'Requester', 'Agent'), IF(type = 'M', source, ''), IF(type = 'M', CONCAT('Request ', ticket_id), NULL),
  CONCAT('<p>Hello, this is text ', ticket_id, ' of a conversation about a job that does not start on the cluster.',
    '</p><p>The log says that memory ran out after ', ticket_id % 97, ' minutes. Thank you.</p>'),
  'html', '192.0.2.1', at, '0000-00-00'
FROM (
  SELECT ticket_id, ticket_id + ${thread} AS thread_id, user_id, source, kind.type, CASE kind.type
      WHEN 'M' THEN created
      WHEN 'R' THEN IF(isanswered, LEAST(COALESCE(closed, '${now}'), created + INTERVAL
        FLOOR(60 - LN(1 - RAND(31)) * 21600) SECOND), NULL)
      ELSE IF(ticket_id % 5 = 1, created + INTERVAL 2 HOUR, NULL) END AS at
  FROM ${p}ticket JOIN (SELECT 'M' AS type UNION ALL SELECT 'R' UNION ALL SELECT 'N') AS kind
) AS entries
WHERE at <= '${now}' ORDER BY at
"""
_MAIL: Final = """
INSERT INTO ${p}thread_entry_email (thread_entry_id, email_id, mid, headers)
SELECT id, 1, CONCAT('<', id, '@mail.example.edu>'), CONCAT('From: Requester <someone@example.edu>\\nTo: ',
  'help@example.edu\\nSubject: ', title, '\\nMessage-ID: <', id, '@mail.example.edu>\\n',
  IF(id % 101 = 0, 'Auto-Submitted: auto-replied\\n', ''), 'Content-Type: text/plain; charset=utf-8\\n')
FROM ${p}thread_entry WHERE type = 'M' AND source = 'Email'
"""
_FORM: Final = """
INSERT INTO ${p}form_entry (id, form_id, object_id, object_type, sort, extra, created, updated)
SELECT ticket_id + ${form}, 2, ticket_id, 'T', 0, '{"disable":[]}', created, created FROM ${p}ticket
"""
_ANSWER: Final = """
INSERT INTO ${p}form_entry_values (entry_id, field_id, value, value_id)
SELECT ticket_id + ${form}, field_id, IF(field_id = 20, CONCAT('Request ', ticket_id), ELT(priority, 'Low', 'Normal',
  'High', 'Emergency')), IF(field_id = 20, NULL, priority)
FROM (
  SELECT ticket_id, CASE WHEN ticket_id % 997 = 0 THEN 4 WHEN ticket_id % 97 = 0 THEN 3 WHEN ticket_id % 499 = 0 THEN 1
    ELSE 2 END AS priority FROM ${p}ticket
) AS priorities JOIN (SELECT 20 AS field_id UNION ALL SELECT 22) AS fields
"""
_USER: Final = """
INSERT INTO ${p}user (id, org_id, default_email_id, status, name, created, updated)
SELECT seq, 0, seq + 3, 0, CONCAT('Requester ', seq), '${start}', '${start}' FROM seq_1_to_${users}
"""
_ADDRESS: Final = """
INSERT INTO ${p}user_email (id, user_id, flags, address)
SELECT seq + 3, seq, 0, CONCAT('u', LPAD(seq, 5, '0'), '@example.edu') FROM seq_1_to_${users}
"""
# After the tickets, two chains that do not touch each other's tables: one per core.
_CHAINS: Final = ((_USER, _ADDRESS, _ENTRY, _MAIL), (_THREAD, _FORM, _ANSWER, _EVENT))


def big_database(url: str, tickets: int, *, now: datetime | None = None, prefix: str = "ost_") -> float:
    """Write an osTicket database of ``tickets`` tickets into an existing, empty MariaDB database.

    Events: about 2.8 per ticket, entries 2, one thread, one form with two answers. The same arguments write the same
    rows.

    Args:
        url: SQLAlchemy URL (``mysql+pymysql://…``); the server needs the sequence engine, which MariaDB ships.
        tickets: rows of the ticket table.
        now: the end of the history, aware; the present moment by default. The database's zone is taken as UTC.
        prefix: of the tables.

    Returns:
        Seconds that it took.
    """
    began = time.perf_counter()
    end = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0, tzinfo=None)
    first = end - timedelta(weeks=52 * YEARS)
    start = (first - timedelta(days=first.weekday())).replace(hour=0, minute=0, second=0)  # a Monday
    values = {
        "p": prefix, "n": tickets, "users": min(20_000, max(50, tickets // 3)), "now": end, "start": start,
        "weeks": (end - start) // timedelta(weeks=1) + _share_of_week(end),
        "thread": THREAD_OFFSET, "form": FORM_OFFSET,
    }  # fmt: skip
    engine = create_engine(url)
    schema = metadata(prefix)
    with engine.begin() as connection:
        like_osticket(connection)
        schema.create_all(connection, checkfirst=False)
        fill_fixed(connection, schema)
    _run(engine, (_TICKET,), values)
    with ThreadPoolExecutor(len(_CHAINS)) as pool:
        for done in [pool.submit(_run, engine, chain, values) for chain in _CHAINS]:
            done.result()
    with engine.connect() as connection:
        names = ", ".join(schema.tables)
        connection.execute(text(f"ANALYZE TABLE {names}"))
    engine.dispose()
    return time.perf_counter() - began


def _share_of_week(moment: datetime) -> float:
    """Return the share of a week's tickets that have come by ``moment``: the inverse of the mapping in _TICKET."""
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    if hour < 8:
        day = hour / 8 * 0.05
    elif hour < 18:
        day = 0.05 + (hour - 8) / 10 * 0.85
    else:
        day = 0.90 + min(1.0, (hour - 18) / 5.99) * 0.10
    day += moment.weekday()
    return day * 0.188 if day < 5 else 0.94 + (day - 5) * 0.03


def _run(engine: Engine, statements: tuple[str, ...], values: dict[str, object]) -> None:
    """Run statements one by one; without key checks InnoDB fills an empty table in bulk, sorting its indexes."""
    for statement in statements:
        with engine.begin() as connection:
            like_osticket(connection)
            connection.execute(text("SET SESSION unique_checks = 0, foreign_key_checks = 0"))
            connection.exec_driver_sql(Template(statement).substitute(values).replace("%", "%%"))


def main() -> None:
    """Command line: ``python -m bench.databases URL TICKETS``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("tickets", type=int)
    arguments = parser.parse_args()
    print(f"{arguments.tickets} tickets in {big_database(arguments.url, arguments.tickets):.1f} s")


if __name__ == "__main__":
    main()
