"""Slurm's tables in, metric families out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.catalogue import slurm as catalogue

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from exporter.departments import Schools
    from exporter.slurm.accounts import AccountRows


def account_families(rows: AccountRows, schools: Schools) -> list[Metric]:
    """Return ``slurm_users``, ``slurm_department_users`` and ``slurm_accounts``.

    Organizations that are equal after cleaning are one department, here as in the directory of departments, so the
    department figures always sum to ``slurm_users``.
    """
    users = Counter(rows.department(user) for user in rows.default_accounts)
    by_department = [((name, schools.of(name)), float(count)) for name, count in sorted(users.items())]
    return [
        catalogue.USERS.family([((), float(len(rows.default_accounts)))]),
        catalogue.DEPARTMENT_USERS.family(by_department),
        catalogue.ACCOUNTS.family([((), float(len(rows.organizations)))]),
    ]
