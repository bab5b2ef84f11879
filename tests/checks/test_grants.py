"""Reading SHOW GRANTS as MySQL and MariaDB write it."""

import pytest

from exporter.checks.grants import Grant, needed, parse, quote_account, revokes

HASH = "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B"


@pytest.mark.parametrize(
    ("line", "grant"),
    [
        (
            f"GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '{HASH}' WITH MAX_USER_CONNECTIONS 3",
            Grant({"USAGE": None}, "", "*", "*", option=False),
        ),
        (
            "GRANT SELECT ON `osticket`.`ost_ticket` TO `u`@`%`",
            Grant({"SELECT": None}, "", "osticket", "ost_ticket", option=False),
        ),
        (
            "GRANT SELECT (`a`, `b``c`), UPDATE (`d`) ON `db`.`t` TO `u`@`%`",
            Grant({"SELECT": frozenset({"a", "b`c"}), "UPDATE": frozenset({"d"})}, "", "db", "t", option=False),
        ),
        (
            "GRANT ALL PRIVILEGES ON `db`.* TO `u`@`%` WITH GRANT OPTION",
            Grant({"ALL PRIVILEGES": None}, "", "db", "*", option=True),
        ),
        (
            "GRANT SELECT, SHOW VIEW, CREATE TEMPORARY TABLES ON `my\\_db`.* TO `u`@`%`",
            Grant(
                {"SELECT": None, "SHOW VIEW": None, "CREATE TEMPORARY TABLES": None}, "", "my\\_db", "*", option=False
            ),
        ),
        (
            "GRANT EXECUTE ON FUNCTION `db`.`f` TO `u`@`%`",
            Grant({"EXECUTE": None}, "FUNCTION", "db", "f", option=False),
        ),
        (
            "GRANT SELECT ON TABLE `db`.`t` TO `u`@`%`",
            Grant({"SELECT": None}, "", "db", "t", option=False),
        ),
        (
            "GRANT APPLICATION_PASSWORD_ADMIN,BACKUP_ADMIN ON *.* TO `u`@`%` WITH GRANT OPTION",
            Grant({"APPLICATION_PASSWORD_ADMIN": None, "BACKUP_ADMIN": None}, "", "*", "*", option=True),
        ),
        ("GRANT `reader`@`%` TO `u`@`%`", None),
        ("GRANT PROXY ON ''@'%' TO 'u'@'%' WITH GRANT OPTION", None),
    ],
)
def test_lines_are_read(line: str, grant: Grant | None) -> None:
    """Each form of a line is understood, or left out where it is about no table."""
    assert parse([line]) == ([] if grant is None else [grant])


@pytest.mark.parametrize(
    ("line", "covered"),
    [
        ("GRANT SELECT ON *.* TO `u`@`%`", True),
        ("GRANT ALL PRIVILEGES ON `my_db`.* TO `u`@`%`", True),
        ("GRANT SELECT ON `my\\_%`.* TO `u`@`%`", True),
        ("GRANT SELECT ON `other`.* TO `u`@`%`", False),
        ("GRANT SELECT ON `my_db`.`ost_ticket` TO `u`@`%`", True),
        ("GRANT SELECT ON `my_db`.`ost_user` TO `u`@`%`", False),
        ("GRANT SELECT (`number`) ON `my_db`.`ost_ticket` TO `u`@`%`", False),
        ("GRANT SELECT (`created`) ON `my_db`.`ost_ticket` TO `u`@`%`", True),
        ("GRANT INSERT ON `my_db`.`ost_ticket` TO `u`@`%`", False),
        ("GRANT EXECUTE ON FUNCTION `my_db`.`ost_ticket` TO `u`@`%`", False),
    ],
)
def test_what_a_grant_covers(line: str, *, covered: bool) -> None:
    """Databases match as patterns, tables and columns by name."""
    assert parse([line])[0].covers("my_db", "ost_ticket", "created") is covered


def test_needed_names_are_quoted() -> None:
    """Odd names of users and databases make statements that can be pasted."""
    assert needed("o'neil@10.0.0.%", "help`desk", "ost_", ["ticket"], {}) == (
        "GRANT SELECT ON `help``desk`.`ost_ticket` TO 'o''neil'@'10.0.0.%';",
    )


def test_accounts_are_split_at_the_last_at() -> None:
    """A user's name may hold an at sign, a host never."""
    assert quote_account("a@b@localhost") == "'a@b'@'localhost'"


def test_all_privileges_everywhere_are_taken_back_at_once() -> None:
    """One statement takes everything; reading alone is left alone."""
    grants = parse(["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", "GRANT SELECT ON `a`.`b` TO `u`@`%`"])
    assert list(revokes(grants, "u@%")) == ["REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'u'@'%';"]
