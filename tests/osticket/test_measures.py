"""Measures that no comparison with plain rows covers: the expectation of arrivals, codes of large ids, exclusions."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy.engine import make_url

from exporter.departments import Directory
from exporter.osticket.database import Database, Settings
from exporter.osticket.desk import Desk, Options
from exporter.osticket.dimensions import Names
from exporter.osticket.exclusions import Rules
from exporter.osticket.loading import load
from exporter.osticket.measures import arrivals
from exporter.osticket.measures.view import Coded, View, encode, excluded_topics, named
from tests.osticket.helpdesk import NOW, HelpDesk
from tests.osticket.service import Start


def read(desk: HelpDesk) -> Desk:
    """Read a help desk."""
    database = Database(Settings(make_url(desk.url), lambda: None, 5.0))
    with database.session() as session:
        loaded = load(session, Options(site_domains=("example.edu",)), NOW)
    database.close()
    return loaded


def view(desk: Desk, now: float = NOW, **departments: str) -> View:
    """Look at a help desk."""
    directory = Directory()
    directory.replace(departments)
    return View.of(desk, Rules(), directory, now)


def test_an_expectation_serves_for_an_hour(desk: HelpDesk) -> None:
    """It serves until an hour has passed, the clock is set back, a department is new, or the zone another."""
    loaded = read(desk)
    fitted = arrivals.fit(view(loaded, u00001="Physics", u00002="Biology"))
    assert fitted.serves(view(loaded, u00001="Physics", u00002="Biology"))
    assert fitted.serves(view(loaded, NOW + arrivals.REFIT - 1, u00001="Physics"))
    assert not fitted.serves(view(loaded, NOW + arrivals.REFIT, u00001="Physics"))
    assert not fitted.serves(view(loaded, NOW - 1))
    assert not fitted.serves(view(loaded, u00001="Chemistry"))
    loaded.zones = replace(loaded.zones, help_desk=ZoneInfo("Asia/Tokyo"))
    assert not fitted.serves(view(loaded))


def test_departments_that_left_keep_their_series(desk: HelpDesk) -> None:
    """Until the next fit a department without tickets is published with zeros, as it was expected."""
    loaded = read(desk)
    fitted = arrivals.fit(view(loaded, u00001="Physics"))
    families = {family.name: family for family in arrivals.families(view(loaded), fitted)}
    found = {
        (sample.labels["department"], sample.labels["window"]): sample.value
        for sample in families["osticket_department_created_tickets"].samples
    }
    assert [found["Physics", window] for window in ("1h", "24h", "7d")] == [0, 0, 0]
    assert len(families) == 6
    assert {len(families[name].samples) for name in families} == {3, 6}


def test_windows_and_expectations(desk: HelpDesk, start: Start) -> None:
    """Tickets of a burst are all in the week's window, over the bound, and an hour later no longer in the hour's."""
    service = start(desk.url)
    assert service.refresh(0)
    upper = service.sum("osticket_created_tickets_upper", window="1h")
    before = service.sum("osticket_created_tickets", window="7d")
    assert service.sum("osticket_expected_created_tickets", window="7d") > 0
    for _ in range(int(upper) + 1):
        desk.add_ticket(NOW + 30)
    assert service.refresh()
    assert service.sum("osticket_created_tickets", window="1h") > service.sum(
        "osticket_created_tickets_upper", window="1h"
    )
    assert service.sum("osticket_created_tickets", window="7d") == before + upper + 1
    assert service.refresh(3600)
    assert service.sum("osticket_created_tickets", window="1h") == 0


@pytest.mark.parametrize("offset", [0, 20_000_000])
def test_encode(offset: int) -> None:
    """Ids become codes, unknown ones the default, however large they are; an empty table knows none."""
    ids = np.array([3, 5, 4, 3, 10**9], dtype=np.int32) + np.array([offset, offset, offset, offset, 0], dtype=np.int32)
    assert encode(ids, {3 + offset: 1, 5 + offset: 2}, 7).tolist() == [1, 2, 7, 1, 7]
    assert encode(ids, {}, 7).tolist() == [7] * 5


def test_id_zero() -> None:
    """Zero means none where that can be, else it is as unknown as any other id without a row."""
    names = Names({1: "A", 2: "B"}, frozenset({2}))
    ids = np.array([0, 1, 2, 3], dtype=np.int32)

    def labels(coded: Coded) -> list[str]:
        return [coded.labels[code] for code in coded.codes]

    assert labels(named(ids, names)) == ["none", "A", "B", "unknown"]
    assert labels(named(ids, names, zero=None)) == ["unknown", "A", "B", "unknown"]
    assert [named(ids, names).labels[code] for code in named(ids, names).active] == ["B"]


def test_excluded_topics() -> None:
    """Topics are named by label, leaf, path or id, in any case; others are not excluded by a part of a name."""
    topics = Names({1: "A / B (1)", 2: "C", 3: "A / B (3)"}, frozenset(), {1: ("B", "A / B"), 3: ("B", "A / B")})
    assert excluded_topics(topics, ["a / b"]) == [1, 3]
    assert excluded_topics(topics, ["B"]) == [1, 3]
    assert excluded_topics(topics, ["2"]) == [2]
    assert excluded_topics(topics, ["A / B (3)"]) == [3]
    assert excluded_topics(topics, ["A", ""]) == []


def test_since(desk: HelpDesk, start: Start) -> None:
    """Tickets created before a day on the help desk's clock are not read; a late import of older ones neither."""
    desk.sql(
        "UPDATE ost_ticket SET created='2025-01-01' WHERE ticket_id < 190",
        "UPDATE ost_ticket SET created='2026-02-01 04:59:59' WHERE ticket_id=190",  # still January in New York
        "UPDATE ost_ticket SET created='2026-02-01 05:00:00' WHERE ticket_id=191",
        "UPDATE ost_ticket SET created='2026-02-02' WHERE ticket_id > 191",
    )
    service = start(desk.url, since=date(2026, 2, 1), exclude={"auto_replies": False})
    assert service.refresh(0)
    assert service.record.rows == 10
    assert service.labels("osticket_monthly_created_tickets", "month") == {"2026-02"}
    desk.add_ticket(NOW - 400 * 86_400)
    desk.close_ticket(5, NOW)
    desk.close_ticket(195, NOW)
    assert service.refresh()
    assert service.record.rows == 10
    desk.sql("UPDATE ost_ticket SET created='2025-01-01' WHERE ticket_id=195")
    assert service.reconcile()
    assert service.record.rows == 9
    assert service.record.failures == 0


def test_since_leaves_nothing(desk: HelpDesk, start: Start) -> None:
    """A desk of which nothing is recent enough has no tickets, and goes on."""
    service = start(desk.url, since=date(2030, 1, 1))
    for _ in range(3):
        assert service.refresh(300)
    assert service.record.rows == 0
    assert service.sum("osticket_tickets") == 0
    desk.add_ticket(NOW + 5 * 366 * 86_400)
    assert service.refresh()
    assert service.record.rows == 1


def test_agents_are_named_only_when_asked_for(desk: HelpDesk, start: Start) -> None:
    """Agents have no series by default."""
    service = start(desk.url)
    assert service.refresh(0)
    assert b"osticket_agent_tickets" not in service.text


def test_demo(start: Start, tmp_path: Path) -> None:
    """The invented help desk is collected like a real one, and lives on between refreshes."""
    assert tmp_path.is_dir()
    service = start("demo://")
    assert service.collector.demo
    assert service.refresh(0)
    assert service.refresh()
    assert service.reconcile()
    assert service.record.rows > 5000
    assert service.labels("umbrella_osticket_info", "engine") == {"SQLite"}
