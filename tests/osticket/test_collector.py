import logging

import pytest

from tests.osticket.helpdesk import NOW, HelpDesk
from tests.osticket.service import Service, Start


def texts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, and forget it."""
    found = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return found


def logged(service: Service, seconds: float, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Refresh and return what was logged."""
    assert service.refresh(seconds)
    return texts(caplog)


def test_what_is_said(desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """The first load, and each reconciliation; an ordinary update says nothing."""
    caplog.set_level(logging.INFO)
    service = start(desk.url)
    assert logged(service, 0, caplog)[-1].startswith("tickets: read 200 tickets of osTicket from mysql+pymysql://admin")
    assert logged(service, 60, caplog) == []
    assert logged(service, 600, caplog) == ["tickets: reconciled, 0 tickets had changed without a trace"]
    assert logged(service, -3000, caplog) == ["tickets: reconciled, 0 tickets had changed without a trace"]


def test_doubts_about_the_zone_are_said_once(desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A zone that the server's clock contradicts is a warning, once; the data are published."""
    service = start(desk.url, timezone="Asia/Tokyo")
    assert [text for text in logged(service, 0, caplog) if "osticket.timezone Asia/Tokyo is UTC+09:00 now" in text]
    assert logged(service, 60, caplog) == []
    assert service.labels("umbrella_osticket_info", "timezone") == {"Asia/Tokyo"}


@pytest.mark.parametrize(("key", "zone"), [("default_timezone", "Asia/Tokyo"), ("db_timezone", "Asia/Kolkata")])
def test_another_zone(desk: HelpDesk, start: Start, key: str, zone: str) -> None:
    """When the help desk moves to another zone, months are cut anew; its belief about a server in UTC is nothing."""
    service = start(desk.url)
    assert service.refresh(0)
    desk.sql(f"UPDATE ost_config SET value='{zone}' WHERE `key`='{key}'")
    assert service.refresh()
    service.assert_right()


def test_names_change_with_the_next_refresh(desk: HelpDesk, start: Start) -> None:
    """A department that is renamed, a new status and a new user are there at the next refresh."""
    service = start(desk.url)
    assert service.refresh(0)
    desk.sql(
        "UPDATE ost_department SET name='Renamed' WHERE id=1",
        "INSERT INTO ost_ticket_status (id, name, state, created, updated, properties)"
        " VALUES (77, 'Waiting', 'open', NOW(), NOW(), '')",
        "INSERT INTO ost_user (id, org_id, default_email_id, name, created, updated)"
        " VALUES (777, 0, 777, 'N', NOW(), NOW())",
        "INSERT INTO ost_user_email (id, user_id, address) VALUES (777, 777, 'novel@example.edu')",
    )
    desk.add_ticket(NOW, user_id=777, status_id=77)
    users = service.sum("osticket_users")
    assert service.refresh()
    service.assert_right()
    assert service.sum("osticket_queue_tickets", queue="Renamed") > 0
    assert service.sum("osticket_users") == users + 1


def test_event_names_change(desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """When the numbers of events change, as in an upgrade, the log is read anew."""
    service = start(desk.url)
    assert service.refresh(0)
    desk.sql("UPDATE ost_event SET id=id+50", "UPDATE ost_thread_event SET event_id=event_id+50")
    assert service.refresh()
    assert "event names or ticket forms changed" in caplog.text
    service.assert_right()


def test_many_changes_at_once(desk: HelpDesk, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a number of changed tickets everything is read again, with the same outcome."""
    monkeypatch.setattr("exporter.osticket.updating.RELOAD", 20)
    monkeypatch.setattr("exporter.osticket.reconciling.RELOAD", 20)
    service = start(desk.url)
    assert service.refresh(0)
    for ticket in range(1, 40):
        desk.log(ticket, 3, NOW)
    assert service.refresh()
    service.assert_right()
    for ticket in range(1, 20):
        desk.sql(f"UPDATE ost_thread_event SET timestamp='2026-05-01' WHERE thread_id={ticket + 7}")
        desk.log(ticket, 2, NOW)
    desk.sql("UPDATE ost_ticket SET topic_id=2")
    assert service.refresh()
    assert service.reconcile()
    service.assert_right()
