"""The two answers of sacctmgr, harmless and hostile, without a Slurm."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import SlurmError
from exporter.slurm.accounts import AccountRows, hidden_users, parse_accounts, parse_users

ROOT = {"root": "root"}
# No name of Slurm's may hold a line feed in these tests: such a row is refused, see below.
NAMES = st.text(st.characters(blacklist_characters="|\n", blacklist_categories=["Cs"]), min_size=1).filter(
    lambda name: not name.endswith("\r")
)
TEXTS = st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"])).filter(
    lambda text: not text.endswith("\r")
)


@given(st.dictionaries(NAMES, TEXTS))
def test_any_organization_is_read_back(organizations: dict[str, str]) -> None:
    """Whatever an organization holds but a line feed (``|``, quotes, other separators), it is read as it stands."""
    expected = organizations | ROOT
    assert parse_accounts("".join(f"{name}|{text}\n" for name, text in expected.items())) == expected


@given(st.dictionaries(NAMES, NAMES, min_size=1))
def test_any_user_is_read_back(users: dict[str, str]) -> None:
    """Every user is read with its default account, whether that account is known or not."""
    assert parse_users("".join(f"{user}|{account}\n" for user, account in users.items()), ROOT) == users


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_a_terminal(end: str) -> None:
    """A carriage return before the line feed (``docker exec -t``) is no part of the last field."""
    assert parse_users(f"root|root{end}eve|cs{end}", {}) == {"root": "root", "eve": "cs"}


def test_pipe_in_user_and_account_names() -> None:
    """Where a name holds a ``|`` itself, the known accounts tell which one separates; else the first does."""
    users = parse_users("a|b|cs\nc|x|y\nd|e|f\n", {"cs": "", "x|y": ""})
    assert users == {"a|b": "cs", "c": "x|y", "d": "e|f"}


def test_users_are_a_set() -> None:
    """A user listed several times (one row per association) is one user; the first account that is named counts."""
    assert parse_users("eve|\neve|cs\neve|phys\nroot|root\n", {}) == {"eve": "cs", "root": "root"}


@pytest.mark.parametrize("text", ["", "\n", " \n\n"])
def test_empty_answer_is_a_failure(text: str) -> None:
    """No output with exit code 0 is a failure that names PrivateData and the command to run (fault 35)."""
    for parse in (parse_accounts, lambda answer: parse_users(answer, ROOT)):
        with pytest.raises(SlurmError, match=r"no output.*PrivateData.*sacctmgr add user USER .*adminlevel=operator"):
            parse(text)


def test_missing_root_account_is_a_failure() -> None:
    """Rows without the account root are not all rows."""
    with pytest.raises(SlurmError, match=r"lists 2 accounts, but not 'root'.*PrivateData.*adminlevel=operator"):
        parse_accounts("cs|cs\nphys|phys\n")


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("Welcome to login1!", "'Welcome to login1!'"),
        ("", "''"),
        ("|cs", "'|cs'"),
        ("\x1b[31mred\x07", "'[31mred'"),
        ("x" * 10_000, f"'{'x' * 127}…'"),
    ],
)
def test_garbage_is_a_failure(line: str, quoted: str) -> None:
    """A line that is no row fails the answer; the text has its number and the line, cleaned and cut (fault 38)."""
    text = rf"line 2 of the output is not 'user\|default account': {re.escape(quoted)}\. .*command_prefix"
    with pytest.raises(SlurmError, match=text):
        parse_users(f"root|root\n{line}\neve|cs\n", ROOT)
    with pytest.raises(SlurmError, match=r"line 2 of the output is not 'account\|organization'"):
        parse_accounts(f"root|root\n{line}\ncs|cs\n")


@pytest.mark.parametrize("text", ["root|root\neve|c", "root|root\nev", "root|root"])
def test_half_line_is_a_failure(text: str) -> None:
    """An answer that does not end in a line feed is not complete, even if its last line looks like a row (fault 38)."""
    with pytest.raises(SlurmError, match="ends in the middle of a line"):
        parse_users(text, ROOT)
    with pytest.raises(SlurmError, match="ends in the middle of a line"):
        parse_accounts(text)


CONFIGURATION = """Configuration data as of 2026-11-22T18:43:38
PrivateData            = {client}

SlurmDBD configuration:
DbdHost                = localhost
PrivateData            = {slurmdbd}
"""


@pytest.mark.parametrize(
    ("users", "configuration", "complete"),
    [
        ({"root": "root"}, "", True),
        ({"eve": "cs"}, CONFIGURATION.format(client="none", slurmdbd="users"), False),
        ({"eve": "cs"}, CONFIGURATION.format(client="none", slurmdbd="accounts,users,jobs"), False),
        ({"eve": "cs"}, CONFIGURATION.format(client="users", slurmdbd="none"), True),
        ({"eve": "cs"}, CONFIGURATION.format(client="users", slurmdbd="accounts,jobs"), True),
        ({"eve": "cs"}, "something else\n", False),
    ],
)
def test_users_without_root(users: dict[str, str], configuration: str, complete: bool) -> None:  # noqa: FBT001  a table
    """A list without the user root is complete only where slurmdbd itself says that it hides no users."""
    problem = hidden_users(users, configuration)
    assert (problem is None) is complete
    assert complete or "lists 1 users, but not 'root'" in str(problem)


def test_departments() -> None:
    """The department is the organization of the default account, cleaned; without one it is unknown."""
    rows = AccountRows(
        {"Eve": "cs", "none": "", "gone": "deleted", "blank": "blank", "root": "root"},
        {"cs": "computer\x07  science ", "blank": " \t", "root": "root"},
    )
    assert rows.departments() == {
        "eve": "computer science", "none": "unknown", "gone": "unknown", "blank": "unknown", "root": "root",
    }  # fmt: skip


def test_users_that_differ_in_case() -> None:
    """The directory knows users in lower case; of two that differ in nothing else the lower-case one counts."""
    assert AccountRows({"eve": "cs", "EVE": "phys", "Eve": "phys"}, {"cs": "cs", "phys": "phys"}).departments() == {
        "eve": "cs"
    }
