"""From whom the tickets come: schools, departments, requesters."""

from exporter.catalogue import slurm, tickets
from grafana.build.panels import bars, stat, table
from grafana.build.query import Json, buckets, now, rows, sel
from grafana.build.style import ORANGE, absent, bucket_names, by_name, fixed
from grafana.build.transform import columns, merged, ratio

GAUGE: Json = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
CHOSEN = {"school": "$school", "department": "$department"}


def schools() -> Json:
    """Return all tickets by school."""
    return bars(
        "By school",
        "All tickets by the school of the requester's department. other: departments that the configuration puts in no "
        "school; unknown: requesters without a Slurm account.",
        now(f"sort_desc(sum by (job, instance, school) ({sel(tickets.DEPARTMENT_TICKETS, **CHOSEN)}))", "{{school}}"),
    )


def departments() -> Json:
    """Return the departments with most tickets."""
    known = sel(tickets.DEPARTMENT_TICKETS, school="$school", department=("$department", "!~unknown"))
    return bars(
        "Departments that ask most",
        "All tickets by the requester's academic department (from Slurm); the sixteen with most; unknown is in the "
        "table beside.",
        now(f"sort_desc(topk by (job, instance) (16, sum by (job, instance, department) ({known})))", "{{department}}"),
    )


def department_table() -> Json:
    """Return per department: tickets, open ones, cluster accounts, tickets per account, mean resolution."""
    by = "sum by (job, instance, department, school)"
    total = sel(tickets.DEPARTMENT_RESOLUTION, "_gsum", department="$department")
    count = sel(tickets.DEPARTMENT_RESOLUTION, "_gcount", department="$department")
    mean = f"sum by (job, instance, department) ({total}) / (sum by (job, instance, department) ({count}) > 0)"
    return table(
        "Departments",
        "All tickets and the open ones by department, users of the cluster in that department, tickets per user, and "
        "the exact mean of the time to resolution.",
        [
            rows(f"{by} ({sel(tickets.DEPARTMENT_TICKETS, **CHOSEN)})"),
            rows(f"{by} ({sel(tickets.DEPARTMENT_TICKETS, state='open', **CHOSEN)})"),
            rows(f"{by} ({sel(slurm.DEPARTMENT_USERS, **CHOSEN)})"),
            rows(mean),
        ],
        sort="Tickets",
        transformations=[
            merged(),
            ratio("Value #A", "Value #C", "Per user"),
            columns(
                {"department": "Department", "school": "School", "Value #A": "Tickets", "Value #B": "Open",
                 "Value #C": "Users", "Per user": "Per user", "Value #D": "Mean"},
                hide=["job", "instance"],
            ),
        ],
        overrides=[
            by_name("Tickets", unit="locale", fieldMinMax=True, custom__cellOptions=GAUGE, custom__minWidth=110),
            by_name("Open", custom__width=70),
            by_name("Users", unit="locale", custom__width=75),
            by_name("Per user", decimals=1, mappings=[absent("")], custom__width=85),
            by_name("Mean", unit="s", decimals=1, custom__width=110),
        ],
    )  # fmt: skip


def requesters() -> Json:
    """Return the requesters with most tickets."""
    by = "sum by (job, instance, user)"
    high = sel(tickets.USER_PRIORITY_TICKETS, user="!~other", priority="~High|Emergency")
    all_tickets = sel(tickets.USER_TICKETS, user="!~other", department="$department")
    return table(
        "Requesters with most tickets",
        "The requesters with most tickets (users.top of the configuration): all their tickets, those of high and "
        " emergency priority, and the mean time to resolution. Names are pseudonyms unless the configuration "
        "says otherwise.",
        [
            rows(f"sum by (job, instance, user, department) ({all_tickets})"),
            rows(f"{by} ({high})"),
            rows(f"{by} ({sel(tickets.USER_MEAN_RESOLUTION, user='!~other')})"),
        ],
        sort="Tickets",
        transformations=[
            merged(),
            columns(
                {"user": "Requester", "department": "Department", "Value #A": "Tickets",
                 "Value #B": "High and emergency", "Value #C": "Mean resolution"},
                hide=["job", "instance"],
            ),
        ],
        overrides=[
            by_name("Tickets", custom__cellOptions=GAUGE, unit="locale", fieldMinMax=True),
            by_name("High and emergency", custom__cellOptions=GAUGE, unit="locale", fieldMinMax=True,
                    color=fixed(ORANGE)),
            by_name("Mean resolution", unit="s", decimals=1),
        ],
    )  # fmt: skip


def requester_numbers() -> list[tuple[int, Json]]:
    """Return how many requesters and cluster users there are, and how much the table of requesters leaves out."""
    others = sel(tickets.USER_TICKETS, user="other")
    return [
        (8, stat("Requesters", "Distinct requesters with at least one ticket; unknown is none.",
                 now(sel(tickets.USERS), "{{instance}}"), unit="locale")),
        (8, stat("Users of the cluster", "Users that Slurm's accounting knows, root included.",
                 now(sel(slurm.USERS), "{{instance}}"), unit="locale", noValue="needs Slurm")),
        (8, stat("Tickets of all other requesters", "Tickets of the requesters that the table below leaves out.",
                 now(f"sum by (job, instance) ({others})", "{{instance}}"), unit="locale")),
    ]  # fmt: skip


def requesters_by_mean() -> Json:
    """Return the distribution of the requesters' means."""
    metric = tickets.USERS_MEAN_ACTIVITY
    return bars(
        "Requesters by mean time of their tickets",
        "Number of requesters whose tickets took that long on average, from creation to last activity.",
        buckets(f"sum by (le) ({sel(metric, '_bucket')})", over_time=False),
        overrides=bucket_names(metric.bounds),
    )
