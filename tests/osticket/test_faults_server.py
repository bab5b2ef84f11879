"""Faults 1 to 6 and 23 to 26: the server is away, hangs, refuses, or the network between is bad."""

import signal
import threading
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest

from tests.collectors import wait_for
from tests.osticket.helpdesk import NOW, PASSWORD, HelpDesk
from tests.osticket.proxy import Proxy
from tests.osticket.service import Service, Start


def running(service: Service) -> Service:
    """See the first refresh succeed and be right."""
    assert service.refresh(0), service.lines.records[-1].getMessage()
    service.assert_right()
    return service


def test_server_not_there_at_start(victim: HelpDesk, start: Start) -> None:
    """A server that is not there when Umbrella starts is said, and read as soon as it is there (fault 1)."""
    victim.server.stop()
    service = start(victim.url)
    service.assert_fails("127.0.0.1", "(2003)", "see that the server runs and that this host may reach its port")
    assert b"osticket" not in service.text
    victim.server.start()
    service.assert_recovers()


def test_server_stops(victim: HelpDesk, start: Start) -> None:
    """After a clean shutdown of the server the last data stay (fault 2)."""
    service = running(start(victim.url))
    victim.server.stop()
    service.assert_fails("(2003)", "see that the server runs")
    service.assert_fails("(2003)")
    victim.server.start()
    victim.add_ticket(NOW)
    service.assert_recovers()


def test_server_killed_in_the_middle_of_a_query(victim: HelpDesk, start: Start) -> None:
    """A server that is killed while it answers loses no data of ours (fault 3)."""
    service = running(start(victim.url, statement_timeout=30))
    victim.add_ticket(NOW)
    assert victim.server.process is not None
    process = victim.server.process

    def kill() -> None:
        wait_for(victim.waits_for_a_lock)
        process.kill()
        process.wait()

    killer = threading.Thread(target=kill)
    with suppress(pymysql.MySQLError), victim.locked("thread_entry"):  # the lock dies with its server
        killer.start()
        service.assert_fails("(2013)", "the connection was lost")
    killer.join()
    victim.server.start()
    service.assert_recovers()


@pytest.mark.parametrize("first", [True, False], ids=["at the first refresh", "later"])
def test_server_frozen(victim: HelpDesk, start: Start, *, first: bool) -> None:
    """A server that no longer answers is given up after our own time (fault 4)."""
    service = start(victim.url) if first else running(start(victim.url))
    assert victim.server.process is not None
    victim.server.process.send_signal(signal.SIGSTOP)
    service.assert_fails("(2013)", "did not answer in time", "the next refresh connects again")
    victim.server.process.send_signal(signal.SIGCONT)
    victim.add_ticket(NOW)
    service.assert_recovers()


def test_server_restarted_as_another_version(victim: HelpDesk, start: Start) -> None:
    """A server of another version after a restart is read on, and its version published (fault 5)."""
    service = running(start(victim.url))
    before = service.labels("umbrella_osticket_info", "server")
    victim.server.stop()
    victim.server.options = ("--version=10.5.1-MariaDB-changed",)
    victim.server.start()
    service.assert_recovers()
    assert service.labels("umbrella_osticket_info", "server") == {"10.5.1-MariaDB-changed"} != before


def test_version_that_hides_the_kind_of_server(desk: HelpDesk, start: Start) -> None:
    """A proxy that greets as MySQL before a MariaDB is no obstacle: the statement's limit is set either way."""

    def greet(greeting: bytes) -> bytes:
        version, end = greeting[5:].split(b"\0", 1)
        return greeting[:5] + b"8.0.36".ljust(len(version), b" ") + b"\0" + end

    with Proxy(desk.server.port) as proxy:
        proxy.greet = greet
        service = running(start(proxy.url(desk.url), truth=desk.url))
        with desk.locked("ticket"):
            service.assert_fails("lock")


def test_server_that_limits_statements_as_mysql_does(desk: HelpDesk, start: Start) -> None:
    """A server that does not know MariaDB's limit is given MySQL's; one that knows neither is not read."""

    def as_mysql(question: bytes) -> bytes:
        # Read by a MariaDB, which has a whole number of seconds under the other name.
        return question.replace(b"max_statement_time", b"max_statement_xxxx").replace(
            b"max_execution_time=1000", b" lock_wait_timeout=1000"
        )

    def as_neither(question: bytes) -> bytes:
        return question.replace(b"max_statement_time", b"max_statement_xxxx")

    with Proxy(desk.server.port) as proxy:
        proxy.ask = as_neither
        service = start(proxy.url(desk.url), truth=desk.url)
        service.assert_fails("Unknown system variable 'max_execution_time' (1193)")
        proxy.ask = as_mysql
        service.assert_recovers()


def test_wrong_password_corrected_later(desk: HelpDesk, start: Start, tmp_path: Path) -> None:
    """The password file is read again at each connection (fault 6)."""
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    with desk.reader() as url:
        service = start(url.replace(f":{PASSWORD}", ""), truth=url, password_file=str(secret))
        service.assert_fails("Access denied", "(1045)", "correct osticket.url or the password file")
        secret.write_text(f"{PASSWORD}\n")
        service.assert_recovers()


@pytest.mark.parametrize("table", ["ticket", "thread_event", "config"])
def test_table_locked(desk: HelpDesk, start: Start, table: str) -> None:
    """A table that a backup holds is waited for no longer than a statement may take (fault 23)."""
    service = running(start(desk.url))
    desk.add_ticket(NOW)
    with desk.locked(table):
        service.assert_fails("lock")
        service.assert_fails()
    service.assert_recovers()


def test_max_user_connections(desk: HelpDesk, start: Start) -> None:
    """A user whose connections are all taken is told so by name (fault 24)."""
    with desk.reader(options="WITH MAX_USER_CONNECTIONS 1") as url:
        service, other = start(url, truth=desk.url), start(url)
        assert other.refresh(0)
        service.assert_fails("max_user_connections", "(1226)", "raise its MAX_USER_CONNECTIONS")
        other.refresher.close()
        service.assert_recovers()


@pytest.mark.parametrize(("seconds", "answers"), [(60, 0), (60, 3_000), (600, 20_000)])
def test_network_drops_every_packet(desk: HelpDesk, start: Start, seconds: float, answers: int) -> None:
    """A network that ends without a word is given up after our own time, wherever it ends (fault 25)."""
    with Proxy(desk.server.port) as proxy:
        service = running(start(proxy.url(desk.url), truth=desk.url))
        desk.add_ticket(NOW)
        proxy.answers = answers
        service.assert_fails("(2013)", "the next refresh connects again", seconds=seconds)
        proxy.answers = None
        service.assert_recovers()


@pytest.mark.parametrize(
    ("seconds", "answers"), [(60, 0), (60, 2), (60, 555), (60, 20_000), (600, 3_000), (600, 20_000)]
)
def test_answers_end_in_the_middle_of_a_packet(desk: HelpDesk, start: Start, seconds: float, answers: int) -> None:
    """An answer of which the rest never comes is an error, never a shorter answer (fault 26)."""
    with Proxy(desk.server.port) as proxy:
        service = running(start(proxy.url(desk.url), truth=desk.url))
        desk.add_ticket(NOW)
        proxy.answers, proxy.cut = answers, True
        service.assert_fails("the next refresh", seconds=seconds)
        proxy.answers = None
        service.assert_recovers()


def test_first_load_breaks_off(desk: HelpDesk, start: Start) -> None:
    """Wherever the very first reading breaks off, the next one begins anew and is right."""
    with Proxy(desk.server.port) as proxy:
        service = start(proxy.url(desk.url), truth=desk.url)
        proxy.cut = True
        for answers in (0, 100, 1_000, 5_000, 12_000, 20_000, 30_000):
            proxy.answers = answers
            service.assert_fails("the next refresh")
        proxy.answers = None
        service.assert_recovers()
