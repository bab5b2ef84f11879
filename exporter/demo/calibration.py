"""The published figures of the analysis that this project replaces, as data; nobody's names.

Period: 2021-01 to 2024-05, in the help desk's own months. The demo's history reproduces them exactly over that period
(see :mod:`exporter.demo.generator`) and goes on from there to the present.
"""

from collections.abc import Mapping
from typing import Final

FIRST_MONTH: Final = "2021-01"
LAST_MONTH: Final = "2024-05"
TICKETS: Final = 5958
ACCOUNTS: Final = 1743
"""Users of the cluster's accounting database."""

PRIORITIES: Final[Mapping[str, int]] = {"High": 57, "Low": 3, "Normal": 5898}
MONTHS: Final[Mapping[str, int]] = {
    "2021-01": 73, "2021-02": 70, "2021-03": 109,
    "2024-03": 125, "2024-04": 134, "2024-05": 118,
}  # fmt: skip
"""The months that were published as numbers; the others as a picture: growing, peaks in February and September."""

SCHOOLS: Final[Mapping[str, Mapping[str, int]]] = {
    "CEC": {
        "cs": 726, "cs-instr": 312, "ceie": 300, "ece": 207, "ist": 193, "daen": 167, "beng": 165, "stat": 134,
        "ece-instr": 88, "seor": 60, "me": 40, "cyse": 25, "ist-instr": 5,
    },
    "COS": {
        "aoes": 573, "phys": 317, "chem": 246, "biol": 183, "ggs": 93, "cds": 89, "esp": 70, "math": 68, "ssb": 38,
        "ipn": 23, "cds-instr": 7, "frsc": 1,
    },
    "CHSS": {"psyc": 125, "eln": 30, "econ": 24, "arth": 7, "soan": 6, "cls": 6},
    "CEHD": {"soed": 22, "hap": 4},
    "Others": {"som": 89, "law": 21, "gch": 10},
}  # fmt: skip
"""Tickets by school and academic department of the requester."""

DEPARTMENTS: Final[Mapping[str, int]] = {
    name: tickets for departments in SCHOOLS.values() for name, tickets in departments.items()
}
UNKNOWN: Final = TICKETS - sum(DEPARTMENTS.values())
"""Tickets whose requesters have no account on the cluster: what the published departments leave of the total."""

TOP_REQUESTERS: Final = ((104, "biol"), (91, "aoes"), (69, "phys"), (49, "cs"))
"""Tickets and department of those who asked most; the department of the fourth was not published."""

MEAN_DAYS: Final = (
    ((0.0, 1.0), 14), ((1.0, 5.0), 81), ((5.0, 10.0), 142), ((10.0, 15.0), 165), ((15.0, 20.0), 190),
    ((20.0, 30.0), 436), ((30.0, 60.0), 254), ((60.0, 500.0), 304),
)  # fmt: skip
"""Requesters by the mean days from creation to last activity of their tickets.

The bin 15 to 20 days was missing from the published table: 190 lies between its neighbours per day.
"""
REQUESTERS: Final = sum(number for _, number in MEAN_DAYS)
SITE_DOMAIN: Final = "example.edu"
"""Addresses of the demo's own site: ``osticket.site_domains`` of a demo configuration is this one."""


def schools() -> dict[str, list[str]]:
    """Return the departments of each school, as the configuration's ``schools`` takes them."""
    return {school: list(departments) for school, departments in SCHOOLS.items()}
