import numpy as np
import pytest
from sqlalchemy.engine import make_url

from exporter.osticket import requesters
from exporter.osticket.database import Database, Settings
from exporter.osticket.requesters import Requesters, requester_id
from exporter.osticket.schema import detect
from tests.osticket.helpdesk import HelpDesk

DOMAINS = frozenset({"example.edu", "cs.example.edu"})


@pytest.mark.parametrize(
    ("address", "requester"),
    [
        ("Ann@Example.edu", "ann"),
        ("  ann@cs.example.edu ", "ann"),
        ("ann@other.example.edu", "ann@other.example.edu"),
        ("a@b@example.edu", "a@b"),
        ("@example.edu", "@example.edu"),
        ("ann", "ann"),
        ("", ""),
        ("unknown@example.edu", "unknown@example.edu"),
        ("OTHER@example.edu", "other@example.edu"),
        ("unknown", ""),
        (" Other ", ""),
    ],
)
def test_requester_ids(address: str, requester: str) -> None:
    """The local part inside a domain of the site, else the whole address, in lower case; never a reserved label."""
    assert requester_id(address, DOMAINS) == requester


def read(desk: HelpDesk, *senders: str) -> Requesters:
    """Read the users of a help desk."""
    database = Database(Settings(make_url(desk.url), lambda: None, 5.0))
    with database.session() as session:
        found = requesters.read(session, detect(session, "ost_"), {"EXAMPLE.edu"}, senders)
    database.close()
    return found


def test_default_address_or_the_oldest(desk: HelpDesk) -> None:
    """The default address counts, else the user's oldest one; people with the same address are one requester."""
    desk.sql(
        "DELETE FROM ost_user WHERE id > 5",
        "DELETE FROM ost_user_email",
        "INSERT INTO ost_user_email (id, user_id, flags, address) VALUES (10, 1, 0, 'old@example.edu'),"
        " (11, 1, 0, 'ann@elsewhere.org'), (13, 2, 0, 'second@example.edu'), (12, 2, 0, 'first@example.edu'),"
        " (14, 4, 0, 'ANN@Example.edu '), (15, 5, 0, 'spam@example.com')",
        "UPDATE ost_user SET default_email_id = CASE id WHEN 1 THEN 11 WHEN 4 THEN 14 WHEN 5 THEN 15 ELSE 99 END",
        "UPDATE ost_user SET name = CASE id WHEN 1 THEN 'Ann' WHEN 2 THEN '' ELSE 'X' END",
    )
    found = read(desk, "*@EXAMPLE.COM", "first@*")
    assert found.users.tolist() == [1, 2, 3, 4, 5]
    assert [found.ids[code] for code in found.codes] == [
        "ann@elsewhere.org", "first", "", "ann", "spam@example.com"
    ]  # fmt: skip
    assert [found.names[code] for code in found.codes] == ["Ann", "", "", "X", "X"]
    assert found.blocked.tolist() == [False, True, False, False, True]
    places, known = found.positions(np.array([5, 6, 0, 2], dtype=np.uint32))
    assert known.tolist() == [True, False, False, True]
    assert places[known].tolist() == [4, 1]


def test_the_same_person_twice(desk: HelpDesk) -> None:
    """Two users with addresses of one requester share a code, and the older one's name."""
    desk.sql(
        "DELETE FROM ost_user_email",
        "INSERT INTO ost_user_email (id, user_id, flags, address) VALUES (1, 1, 0, 'ann@example.edu'),"
        " (2, 2, 0, 'ann')",
        "UPDATE ost_user SET default_email_id=id, name=CONCAT('N', id)",
    )
    found = read(desk)
    assert found.codes[0] == found.codes[1] != 0
    assert found.names[found.codes[0]] == "N1"


def test_no_users(desk: HelpDesk) -> None:
    """A help desk without users knows nobody."""
    desk.sql("DELETE FROM ost_user")
    found = read(desk)
    assert found.ids == [""]
    assert found.positions(np.array([1], dtype=np.uint32))[1].tolist() == [False]
