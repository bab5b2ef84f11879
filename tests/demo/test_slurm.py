from collections import Counter

from sqlalchemy import Connection, text

from exporter.demo import calibration
from exporter.demo.cast import make_cast
from exporter.demo.slurm import demo_accounts
from exporter.labels import UNKNOWN


def test_as_many_users_as_published_all_with_a_department() -> None:
    """1743 users, each with a default account whose organization is one of the published departments."""
    rows = demo_accounts()
    assert len(rows.default_accounts) == calibration.ACCOUNTS
    assert set(rows.departments().values()) == set(calibration.DEPARTMENTS)
    assert set(rows.default_accounts.values()) <= set(rows.organizations)
    assert rows.organizations["root"] == "root"


def test_departments_have_groups() -> None:
    """Larger departments have several accounts of one organization."""
    accounts = Counter(demo_accounts().organizations.values())
    assert accounts["cs"] > 5
    assert accounts["frsc"] == 1


def test_same_people_as_the_help_desk_s(demo: Connection) -> None:
    """Requesters with an account are in Slurm; the others are strangers, few among the users, a quarter of tickets."""
    departments = demo_accounts().departments()
    addresses = demo.execute(text(
        "SELECT e.address FROM ost_user u JOIN ost_user_email e ON e.id = u.default_email_id"
    )).scalars()  # fmt: skip
    logins = [address.lower().removesuffix(f"@{calibration.SITE_DOMAIN}") for address in addresses]
    known = [login for login in logins if departments.get(login, UNKNOWN) != UNKNOWN]
    strangers = [login for login in logins if login not in departments]
    assert len(known) + len(strangers) == len(logins)
    assert 300 < len(strangers) < 550
    assert any("@" in login for login in strangers)
    assert any("@" not in login for login in strangers)


def test_people_are_a_function_of_the_seed() -> None:
    """Two calls invent the same users; another seed others."""
    assert demo_accounts(3) == demo_accounts(3)
    assert demo_accounts(3) != demo_accounts(4)
    assert make_cast(3).login.tolist() == make_cast(4).login.tolist()
