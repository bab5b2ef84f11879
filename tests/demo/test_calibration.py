from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from exporter.demo import calibration
from exporter.demo.generator import write_demo_database
from tests.demo import figures


def test_published_period_has_the_published_figures(demo: Connection) -> None:
    """Over 2021-01 to 2024-05 totals, months, priorities, departments, top requesters and means are the published."""
    table = figures.figures(figures.published_period(figures.tickets(demo)))
    wrong = {name: pair for name, pair in table.items() if pair[0] != pair[1]}
    assert not wrong, f"published and demo differ:\n{figures.printed(wrong)}\nof\n{figures.printed(table)}"


def test_schools_sum_to_the_published_total() -> None:
    """Every department belongs to one school, and with the unknown ones they are all tickets."""
    names = [name for departments in calibration.schools().values() for name in departments]
    assert len(names) == len(set(names)) == len(calibration.DEPARTMENTS)
    assert sum(calibration.DEPARTMENTS.values()) + calibration.UNKNOWN == calibration.TICKETS


def test_months_peak_in_february_and_september_and_grow(demo: Connection) -> None:
    """In every year that is a free picture, the two busiest months are February and September; years grow."""
    months = Counter(ticket.month for ticket in figures.tickets(demo))
    for year in (2022, 2023, 2025):
        busiest = sorted((month for month in months if month.startswith(str(year))), key=lambda month: -months[month])
        assert set(busiest[:2]) == {f"{year}-02", f"{year}-09"}
    years = Counter[str]()
    for month, count in months.items():
        years[month[:4]] += count
    assert years["2021"] < years["2022"] < years["2023"]
    assert years["2024"] < years["2025"]


def test_later_tickets_keep_the_proportions(demo: Connection) -> None:
    """After the published period departments keep their shares within one ticket; emergencies are rare."""
    later = [ticket for ticket in figures.tickets(demo) if ticket.month > calibration.LAST_MONTH]
    departments = Counter(ticket.department for ticket in later)
    for name, count in calibration.DEPARTMENTS.items():
        assert abs(departments[name] - count * len(later) / calibration.TICKETS) <= 1
    priorities = Counter(ticket.priority for ticket in later)
    assert 1 <= priorities["Emergency"] < priorities["High"] < len(later) / 50


def test_most_tickets_close_within_thirty_days_and_urgent_ones_take_longer(demo: Connection) -> None:
    """Two insights of the published analysis hold in the demo."""
    asked = figures.tickets(demo)
    assert 0.65 < sum(ticket.days <= 30 for ticket in asked) / len(asked) < 0.85
    mean = {
        name: sum(ticket.days for ticket in asked if ticket.priority == name)
        / sum(ticket.priority == name for ticket in asked)
        for name in ("High", "Normal")
    }
    assert mean["High"] > 1.3 * mean["Normal"]


def test_weekdays_and_office_hours(demo: Connection) -> None:
    """Nine in ten tickets come from Monday to Friday, two in three from 8 to 17 on the desk's clock."""
    rows = demo.execute(text("SELECT created FROM ost_ticket")).scalars()
    local = [datetime.fromisoformat(created).replace(tzinfo=UTC).astimezone(figures.ZONE) for created in rows]
    assert sum(moment.weekday() < 5 for moment in local) / len(local) > 0.9
    assert sum(8 <= moment.hour < 17 for moment in local) / len(local) > 0.66


def test_another_size_is_the_same_desk(tmp_path: Path) -> None:
    """Asked for 3000 tickets there are 3000 rows, departments and priorities in the published shares."""
    url = f"sqlite:///{tmp_path / 'small.sqlite'}"
    summary = write_demo_database(url, tickets=3000, now=datetime(2025, 6, 1, tzinfo=UTC))
    assert summary.tickets == 3000
    engine = create_engine(url)
    with engine.connect() as connection:
        asked = figures.tickets(connection)
    engine.dispose()
    assert len(asked) == 3000 - 36 - 12
    departments = Counter(ticket.department for ticket in asked)
    shares = {name: departments[name] / len(asked) for name in ("cs", "aoes", "unknown")}
    for name, count in (("cs", 726), ("aoes", 573), ("unknown", calibration.UNKNOWN)):
        assert abs(shares[name] - count / calibration.TICKETS) < 0.001
    assert Counter(ticket.priority for ticket in asked)["High"] in range(27, 31)


def test_expectation_is_whole_in_published_months_and_ends_at_now(demo: Connection) -> None:
    """Ids ascend with creation, and nothing is later than the present."""
    moments = list(demo.execute(text("SELECT created FROM ost_ticket ORDER BY ticket_id")).scalars())
    assert all(one <= other for one, other in pairwise(moments))
    for table, column in (("ticket", "lastupdate"), ("ticket", "closed"), ("thread_event", "timestamp"),
                          ("thread_entry", "created")):  # fmt: skip
        latest = demo.execute(text(f"SELECT MAX({column}) FROM ost_{table}")).scalar_one()
        assert latest <= "2026-11-18 15:30:00"
