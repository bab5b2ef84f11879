from datetime import UTC, datetime

from bench.databases import big_database
from tests.servers import MariaDB

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def test_large_databases_are_whole(mariadb: MariaDB) -> None:
    """The benchmarks' databases ascend in time to the present, 5 % open, no id without its row, repeatable."""

    def ask(query: str) -> object:
        return mariadb.execute(query, "bench_small")[0][0]

    sums = []
    for _ in range(2):
        big_database(mariadb.create("bench_small"), 3000, now=NOW)
        sums.append(
            ask("SELECT SUM(CRC32(CONCAT_WS('|', ticket_id, user_id, status_id, created, closed))) FROM ost_ticket")
        )
    assert sums[0] == sums[1]
    assert ask("SELECT COUNT(*) FROM ost_ticket") == 3000
    assert ask("SELECT SUM(status_id = 1) BETWEEN 100 AND 220 FROM ost_ticket") == 1
    assert ask("SELECT SUM((status_id = 1) <> (closed IS NULL)) FROM ost_ticket") == 0
    assert ask("SELECT MAX(created) BETWEEN '2026-11-17 12:00:00' AND '2026-11-18 15:30:00' FROM ost_ticket") == 1
    assert ask("SELECT COUNT(*) FROM ost_ticket a JOIN ost_ticket b ON b.ticket_id = a.ticket_id + 1 "
               "WHERE a.created > b.created") == 0  # fmt: skip
    assert ask("SELECT COUNT(*) / 3000 BETWEEN 2.5 AND 3.5 FROM ost_thread_event") == 1
    assert ask("SELECT COUNT(*) / 3000 BETWEEN 1.8 AND 2.4 FROM ost_thread_entry") == 1
    assert ask("SELECT COUNT(*) FROM ost_thread_event e LEFT JOIN ost_thread h ON h.id = e.thread_id "
               "LEFT JOIN ost_ticket t ON t.ticket_id = h.object_id WHERE t.ticket_id IS NULL") == 0  # fmt: skip
    assert ask("SELECT COUNT(*) FROM ost_form_entry_values v JOIN ost_form_entry f ON f.id = v.entry_id "
               "JOIN ost_ticket t ON t.ticket_id = f.object_id") == 6000  # fmt: skip
    assert ask("SELECT COUNT(*) FROM ost_ticket t JOIN ost_user u ON u.id = t.user_id "
               "JOIN ost_user_email e ON e.id = u.default_email_id AND e.user_id = u.id") == 3000  # fmt: skip
