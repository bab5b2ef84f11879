"""The published figures beside the demo's, computed from the demo's tables alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from exporter.demo import calibration
from exporter.demo.slurm import demo_accounts

ZONE = ZoneInfo("America/New_York")
# Tickets that the exporter counts: neither merged children nor mails that a program wrote.
_TICKETS = """
SELECT t.ticket_id, t.created, t.lastupdate, t.closed, v.value AS priority, e.address
FROM ost_ticket t JOIN ost_user u ON u.id = t.user_id JOIN ost_user_email e ON e.id = u.default_email_id
JOIN ost_form_entry f ON f.object_type = 'T' AND f.object_id = t.ticket_id
JOIN ost_form_entry_values v ON v.entry_id = f.id AND v.field_id = 22
WHERE NOT (t.ticket_pid IS NOT NULL AND t.flags & 3) AND t.ticket_id NOT IN (
  SELECT h.object_id FROM ost_thread h JOIN ost_thread_entry n ON n.thread_id = h.id AND n.flags & 1
  JOIN ost_thread_entry_email m ON m.thread_entry_id = n.id
  WHERE h.object_type = 'T' AND (m.headers LIKE '%Auto-Submitted:%' OR m.headers LIKE '%Precedence:%'))
ORDER BY t.ticket_id
"""


@dataclass(frozen=True)
class Asked:
    """One counted ticket."""

    month: str
    priority: str
    requester: str
    department: str
    days: float


def tickets(connection: Connection) -> list[Asked]:
    """Return every counted ticket, with the month on the help desk's clock and the department from Slurm."""
    departments = demo_accounts().departments()
    asked = []
    for row in connection.execute(text(_TICKETS)):
        created, last = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (row.created, row.lastupdate))
        login = row.address.lower().removesuffix(f"@{calibration.SITE_DOMAIN}")
        asked.append(
            Asked(
                month=f"{created.astimezone(ZONE):%Y-%m}",
                priority=row.priority,
                requester=login,
                department=departments.get(login, "unknown"),
                days=(last - created).total_seconds() / 86_400,
            )
        )
    return asked


def published_period(asked: Iterable[Asked]) -> list[Asked]:
    """Return those of the months that were published."""
    return [ticket for ticket in asked if ticket.month <= calibration.LAST_MONTH]


def figures(asked: list[Asked]) -> dict[str, tuple[float, float]]:
    """Return (published, the demo's) by the name of the figure."""
    months, priorities, departments, requesters = (
        Counter(getattr(ticket, name) for ticket in asked) for name in ("month", "priority", "department", "requester")
    )
    table: dict[str, tuple[float, float]] = {
        "tickets": (calibration.TICKETS, len(asked)),
        "requesters": (calibration.REQUESTERS, len(requesters)),
        "tickets without a department": (calibration.UNKNOWN, departments["unknown"]),
    }
    table |= {f"month {month}": (count, months[month]) for month, count in calibration.MONTHS.items()}
    table |= {f"priority {name}": (count, priorities[name]) for name, count in calibration.PRIORITIES.items()}
    table |= {f"department {name}": (count, departments[name]) for name, count in calibration.DEPARTMENTS.items()}
    most = [count for _, count in requesters.most_common(len(calibration.TOP_REQUESTERS))]
    for place, ((count, _), demo) in enumerate(zip(calibration.TOP_REQUESTERS, most, strict=True), 1):
        table[f"requester {place}"] = count, demo
    means = mean_days(asked)
    for (low, high), count in calibration.MEAN_DAYS:
        table[f"requesters with a mean of {low:g} to {high:g} days"] = count, sum(low < mean <= high for mean in means)
    return table


def mean_days(asked: list[Asked]) -> list[float]:
    """Return each requester's mean days from creation to last activity."""
    total: Counter[str] = Counter()
    number = Counter(ticket.requester for ticket in asked)
    for ticket in asked:
        total[ticket.requester] += ticket.days  # type: ignore[assignment]  # a Counter of days
    return [total[requester] / number[requester] for requester in number]


def printed(table: dict[str, tuple[float, float]]) -> str:
    """Return the table as text: figure, published, demo."""
    return "\n".join(f"{name:48} {published:8g} {demo:8g}" for name, (published, demo) in table.items())
