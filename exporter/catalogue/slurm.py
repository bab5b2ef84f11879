"""Slurm's metrics."""

from typing import Final

from exporter.catalogue.base import MetricSpec

USERS: Final = MetricSpec("slurm_users", "gauge", (), "Users known to Slurm's accounting, root included.", "users")
DEPARTMENT_USERS: Final = MetricSpec(
    "slurm_department_users",
    "gauge",
    ("department", "school"),
    "Users by academic department: the organization of the user's default account.",
    "users",
)
ACCOUNTS: Final = MetricSpec("slurm_accounts", "gauge", (), "Accounts known to Slurm's accounting.", "accounts")

SPECS: Final = (USERS, DEPARTMENT_USERS, ACCOUNTS)
