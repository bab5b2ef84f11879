"""A refresh that fails at any of its statements leaves nothing half done."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from sqlalchemy.exc import OperationalError

from exporter.osticket.database import Session
from tests.osticket.helpdesk import NOW, HelpDesk, clock
from tests.osticket.service import Start

UNLIMITED: Final = 10**9


class Fuse:
    """Lets so many statements through, then fails each as a lost connection does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = UNLIMITED
        for name in ("rows", "raw"):
            monkeypatch.setattr(Session, name, self._guarded(getattr(Session, name)))

    def _guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(session: Session, sql: str, **parameters: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                lost = ConnectionError(2013, "Lost connection to MySQL server during query")
                raise OperationalError("SELECT …", {}, lost)
            return original(session, sql, **parameters)

        return call


def change(desk: HelpDesk, number: int) -> None:
    """Let a day pass: new tickets, automatic ones too, closings, deletions."""
    moment = NOW + number
    ticket = desk.add_ticket(moment)
    desk.sql(
        f"UPDATE ost_thread_entry_email SET headers='Precedence: bulk' WHERE id={_newest(desk, 'thread_entry_email')}"
    )
    desk.close_ticket(ticket - 50, moment)
    desk.sql(f"DELETE FROM ost_ticket WHERE ticket_id={ticket - 100}")
    desk.log(ticket - 100, 14, moment)
    # Written by a program that writes no log: nothing but the row, its form and its text.
    silent = desk.add_ticket(moment)
    desk.sql(
        f"DELETE FROM ost_thread_event WHERE id={_newest(desk, 'thread_event')}",
        "UPDATE ost_form_entry_values SET value='[noise] hello' WHERE field_id=20 AND value='A new one'",
        f"UPDATE ost_ticket SET lastupdate='{clock(moment + 5)}' WHERE ticket_id={silent}",
    )


def _newest(desk: HelpDesk, table: str) -> int:
    return int(desk.value(f"SELECT MAX(id) FROM ost_{table}"))


@pytest.mark.parametrize("seconds", [60.0, 600.0], ids=["update", "reconcile"])
def test_a_refresh_that_fails_anywhere_is_made_good(
    desk: HelpDesk, start: Start, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Whichever statement of a refresh fails first, the next refresh publishes what a fresh start would."""
    fuse = Fuse(monkeypatch)
    service = start(desk.url, subjects=(r"^\[noise\]",))
    assert service.refresh(0)
    number, failed = 0, True
    while failed:
        change(desk, number)
        fuse.left = number
        failed = not service.refresh(seconds)
        fuse.left = UNLIMITED
        assert service.refresh()
        number += 1
    assert number > 15
    service.assert_right()
