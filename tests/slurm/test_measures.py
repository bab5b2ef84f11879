"""Users and departments as metric families."""

from exporter.departments import Schools
from exporter.slurm.accounts import AccountRows
from exporter.slurm.measures import account_families
from tests.slurm.samples import values

SCHOOLS = Schools.from_lists({"CEC": ["CS", "cs-instr"], "COS": ["phys"]})


def test_departments_and_schools() -> None:
    """Users count under their default account's organization and its school: other in none, unknown without one."""
    rows = AccountRows(
        {"root": "root", "a": "cs1", "b": "cs1", "c": "cs2", "d": "physics", "e": "", "f": "deleted"},
        {"root": "root", "cs1": "cs", "cs2": "cs", "physics": "phys", "empty": "nobody here"},
    )
    assert values(account_families(rows, SCHOOLS)) == {
        "slurm_users": {(): 7},
        "slurm_department_users": {
            ("cs", "CEC"): 3,
            ("phys", "COS"): 1,
            ("root", "other"): 1,
            ("unknown", "unknown"): 2,
        },
        "slurm_accounts": {(): 5},
    }


def test_departments_that_are_equal_after_cleaning_are_one() -> None:
    """Organizations that differ in blanks, control characters or beyond 128 characters are one series."""
    long = "x" * 127
    organizations = {
        "a": "life  science", "b": "life\tscience", "c": " life science\x00", "d": long + "one", "e": long + "two",
        "f": "unknown", "g": "",
    }  # fmt: skip
    rows = AccountRows({f"user-{account}": account for account in organizations}, organizations)
    found = values(account_families(rows, SCHOOLS))["slurm_department_users"]
    assert found == {("life science", "other"): 3, (long + "…", "other"): 2, ("unknown", "unknown"): 2}
    assert set(rows.departments().values()) == {department for department, _ in found}


def test_department_figures_sum_to_users() -> None:
    """The department figures sum to ``slurm_users``, also where users differ in case only."""
    rows = AccountRows({"Eve": "cs", "eve": "cs", "EVE": ""}, {"cs": "cs"})
    found = values(account_families(rows, SCHOOLS))
    assert sum(found["slurm_department_users"].values()) == found["slurm_users"][()] == 3
