"""The home page: is anything wrong now?"""

from exporter.catalogue import tickets, umbrella
from grafana.build.bands import band, nearness
from grafana.build.charts import alerts, states
from grafana.build.dashboard import Line, Section, dashboard
from grafana.build.header import header
from grafana.build.panels import bars, stat, table, timeseries
from grafana.build.query import Json, foreign, now, rows, sel, series
from grafana.build.style import GREEN, GREY, ORANGE, RED, SKY, by_name, fixed, priority_colors, steps, words
from grafana.build.transform import columns, merged, ratio

UID = "umbrella-overview"
TO_TICKETS = "/d/umbrella-tickets?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}"


def overview() -> Json:
    """Return the dashboard ``umbrella-overview``."""
    return dashboard(
        UID,
        "Umbrella overview",
        "Is anything wrong now: alerts, tickets against their expectation, what waits, whether the numbers are fresh.",
        [
            Section(
                "",
                [header("Is anything wrong now?"), Line(3, _tiles()[:4]), Line(3, _tiles()[4:]), Line(9, _arrivals())],
            ),
            Section("Where the open tickets are", [Line(11, _open_tickets())]),
            Section("Are the numbers fresh?", [Line(7, _collectors())]),
            Section("Umbrella's own process", [Line(8, _process())], closed=True),
        ],
        since="now-24h",
    )


def _tiles() -> list[tuple[int, Json]]:
    calm_or_not = steps(GREEN, (1, RED))
    fresh = steps(GREEN, (150, ORANGE), (300, RED))
    waiting = steps(GREEN, (1, ORANGE))
    working = words({"1": ("working", GREEN), "0": ("failing", RED)})
    known = f"max_over_time({sel(umbrella.BUILD_INFO)}[1d])"  # of all that job=~".+" finds, the exporters
    up = f"min by (job, instance) ({sel(umbrella.UP)}) or {foreign('up')} == 0 and on (job, instance) {known}"
    age = f"time() - min by (job, instance) ({sel(umbrella.LAST_SUCCESS, collector='tickets')} > 0)"
    oldest = f"time() - min by (job, instance) ({sel(tickets.OLDEST_OPEN)})"
    firing = 'count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)'
    tiles = [
        stat("Alerts", "Critical and warning alerts that fire now, of every target that this Prometheus watches.",
             now(firing, "alerts"), thresholds=calm_or_not),
        stat("Collectors", "Whether all parts of all last refreshes succeeded; failing while the exporter is down.",
             now(up, "{{instance}}"), unit="none", mappings=working, noValue="no data"),
        stat("Data age", "Time since the tickets were last read without an error; a refresh is due every minute.",
             now(age, "{{instance}}"), unit="dtdurations", decimals=0, thresholds=fresh),
        stat("Created in 24 hours", "Tickets created in the last 24 hours.",
             now(sel(tickets.CREATED, window="24h"), "{{instance}}"), thresholds=steps(SKY)),
        stat("Open", "Tickets in state open, of the chosen priorities.",
             now(_by_instance(sel(tickets.TICKETS, state="open", priority="$priority")), "{{instance}}"),
             thresholds=steps(SKY)),
        stat("Unanswered", "Open tickets that no agent has answered since the requester last wrote.",
             now(_by_instance(sel(tickets.UNANSWERED, priority="$priority")), "{{instance}}"), thresholds=waiting),
        stat("Overdue", "Open tickets past their due date (set by hand, or the SLA plan's).",
             now(_by_instance(sel(tickets.OVERDUE, priority="$priority")), "{{instance}}"), thresholds=waiting),
        stat("Oldest open", "Time since the creation of the oldest ticket that is still open.",
             now(oldest, "{{instance}}"), unit="dtdurations", decimals=0, noValue="none open", thresholds=steps(SKY)),
    ]  # fmt: skip
    return [(6, tile) for tile in tiles]


def _by_instance(selector: str) -> str:
    return f"sum by (job, instance) ({selector})"


def _arrivals() -> list[tuple[int, Json]]:
    return [
        (12, band("24h", "Tickets of the last 24 hours against the expected band")),
        (
            5,
            bars(
                "How near to a spike",
                "Tickets created in each window as a part of the 99.9 % bound: above 100 % is a spike.",
                nearness(),
                unit="percentunit",
                max=1,
                decimals=0,
                color={"mode": "thresholds"},
                thresholds=steps(SKY, (0.8, ORANGE), (1.000001, RED)),
            ),
        ),
        (
            7,
            alerts(
                "Firing alerts", "Alerts of this Prometheus that fire now; open one for its numbers and its runbook."
            ),
        ),
    ]


def _open_tickets() -> list[tuple[int, Json]]:
    department = sel(tickets.DEPARTMENT_TICKETS, state="open", school="$school", department="$department")
    priority = sel(tickets.TICKETS, state="open", priority="$priority")
    link = {"title": "Tickets of ${__field.labels.department}",
            "url": TO_TICKETS + "&var-department=${__field.labels.department:percentencode}"}  # fmt: skip
    return [
        (
            8,
            bars(
                "Open by department",
                "Open tickets by the requester's academic department (from Slurm); the twelve with most. Requesters "
                "without a Slurm account are unknown.",
                now(f"sort_desc(topk by (job, instance) (12, sum by (job, instance, department) ({department}) > 0))",
                    "{{department}}"),
                noValue="none open",
                links=[link],
            ),
        ),
        (
            5,
            bars(
                "Open by priority",
                "Open tickets by priority; unknown where a ticket has no valid one.",
                now(f"sort_desc(sum by (job, instance, priority) ({priority}))", "{{priority}}"),
                overrides=priority_colors(),
            ),
        ),
        (11, _department_arrivals()),
    ]  # fmt: skip


def _department_arrivals() -> Json:
    chosen = {"window": "24h", "department": "$department"}
    metrics = (tickets.DEPARTMENT_CREATED, tickets.DEPARTMENT_EXPECTED, tickets.DEPARTMENT_UPPER)
    used = "Of bound"
    return table(
        "Departments against their bound, last 24 hours",
        "Tickets created in the last 24 hours by department, what its own history makes expect, and the 99.9 % bound; "
        "above the bound and at least 5 tickets is a spike.",
        [rows(f"sum by (job, instance, department) ({sel(metric, **chosen)})") for metric in metrics],
        sort=used,
        transformations=[
            merged(),
            ratio("Value #A", "Value #C", used),
            columns(
                {"department": "Department", "Value #A": "Created", "Value #B": "Expected", "Value #C": "Bound",
                 used: used},
                hide=["job", "instance"],
            ),
        ],
        overrides=[
            by_name("Department", links=[{"title": "Tickets of this department",
                                          "url": TO_TICKETS + "&var-department=${__value.text:percentencode}"}]),
            by_name("Created", decimals=0, custom__width=80),
            by_name("Expected", decimals=1, custom__width=90),
            by_name("Bound", decimals=0, custom__width=75),
            by_name(
                used, unit="percentunit", max=1, decimals=0, color={"mode": "thresholds"},
                thresholds=steps(SKY, (0.8, ORANGE), (1.000001, RED)),
                custom__cellOptions={"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
            ),
        ],
    )  # fmt: skip


def _collectors() -> list[tuple[int, Json]]:
    age = f"time() - ({sel(umbrella.LAST_SUCCESS)} > 0)"
    by = "sum by (job, instance, collector)"
    details = table(
        "Collectors one by one",
        "Per collector: age of its last success, how long the newest attempt took, rows held, refreshes that failed in "
        "the last hour.",
        [
            rows(f"{by} ({age})"),
            rows(f"{by} ({sel(umbrella.LAST_DURATION)})"),
            rows(f"{by} ({sel(umbrella.ROWS)})"),
            rows(f"{by} (increase({sel(umbrella.FAILURES)}[1h]))"),
        ],
        sort="Collector",
        descending=False,
        transformations=[
            merged(),
            columns(
                {"instance": "Instance", "collector": "Collector", "Value #A": "Age", "Value #B": "Took",
                 "Value #C": "Rows", "Value #D": "Failed"},
                hide=["job"],
            ),
        ],
        overrides=[
            by_name("Age", unit="dtdurations", decimals=0), by_name("Took", unit="s", decimals=2),
            by_name("Rows", unit="locale", decimals=0), by_name("Failed", decimals=0),
        ],
    )  # fmt: skip
    timeline = states(
        "Collectors over time",
        "Whether every part of the collector's last refresh had succeeded; a gap is a time without an exporter.",
        series(sel(umbrella.UP), "{{collector}}"),
        mappings=words({"1": ("working", GREEN), "0": ("failing", RED)}),
    )
    return [(12, timeline), (12, details)]


def _process() -> list[tuple[int, Json]]:
    ours = f"and on (job, instance) {sel(umbrella.BUILD_INFO)}"
    seconds = f"rate({foreign('process_cpu_seconds_total')}[$__rate_interval])"
    return [
        (8, timeseries("Memory", "Resident memory of the exporter's process.",
                       [series(f"{foreign('process_resident_memory_bytes')} {ours}", "{{instance}}")], unit="bytes")),
        (8, timeseries("Processor", "Processor time used per second by the exporter's process; 1 is one core.",
                       [series(f"{seconds} {ours}", "{{instance}}")],
                       unit="none")),
        (8, timeseries("Refresh and scrape", "Duration of each collector's newest refresh and of the newest scrape.",
                       [series(sel(umbrella.LAST_DURATION), "{{collector}}"),
                        series(f"{foreign('scrape_duration_seconds')} {ours}", "scrape")],
                       unit="s", overrides=[by_name("scrape", color=fixed(GREY))])),
    ]  # fmt: skip
