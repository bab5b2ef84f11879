"""What a database user may do: its grants read, and measured against what Umbrella needs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# A backquote inside a name is doubled. `GRANT role TO user` and `GRANT PROXY ON …` have another form.
_NAME: Final = r"(?:`(?:[^`]|``)*`|\*|[\w$]+)"
_GRANT: Final = re.compile(
    rf"GRANT (?P<privileges>.+?) ON (?:(?P<kind>TABLE|FUNCTION|PROCEDURE|PACKAGE(?: BODY)?) )?"
    rf"(?P<database>{_NAME})\.(?P<table>{_NAME}) TO .*?(?P<option> WITH (?:.* )?GRANT OPTION.*)?",
    re.DOTALL,
)
_PRIVILEGE: Final = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z_ ]*?)\s*(?:\((?P<columns>[^)]*)\))?\s*(?:,|$)")
_HARMLESS: Final = frozenset({"USAGE", "SELECT"})


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of SHOW GRANTS.

    Attributes:
        privileges: columns by privilege in upper case; None: all columns.
        kind: empty for tables, else FUNCTION, PROCEDURE …
        database: name or pattern; ``*`` for every database.
        table: name; ``*`` for every table.
        option: whether the user may pass the privileges on.
    """

    privileges: Mapping[str, frozenset[str] | None]
    kind: str
    database: str
    table: str
    option: bool

    @property
    def scope(self) -> str:
        """The object as it stands behind ON."""
        names = (name if name == "*" else f"`{name.replace('`', '``')}`" for name in (self.database, self.table))
        return f"{self.kind + ' ' if self.kind else ''}{'.'.join(names)}"

    @property
    def excess(self) -> list[str]:
        """Privileges that Umbrella never needs here: anything but SELECT, and SELECT on every database."""
        extra = [name for name in self.privileges if name not in _HARMLESS]
        if "SELECT" in self.privileges and self.database == "*":
            extra.append("SELECT")
        return extra + ["GRANT OPTION"] * self.option

    def covers(self, database: str, table: str, column: str) -> bool:
        """Return whether this lets the user read the column."""
        if self.kind or (self.database != "*" and not _pattern(self.database).fullmatch(database)):
            return False
        if self.table not in ("*", table):
            return False
        columns = self.privileges.get("SELECT", frozenset()) if "ALL PRIVILEGES" not in self.privileges else None
        return columns is None or column in columns


def parse(lines: Iterable[str]) -> list[Grant]:
    """Return the grants on databases and tables; lines of another form (roles, proxies) are left out."""
    grants = []
    for line in lines:
        match = _GRANT.fullmatch(line)
        if match:
            kind = (match["kind"] or "").removeprefix("TABLE")
            grants.append(
                Grant(
                    _privileges(match["privileges"]),
                    kind,
                    _unquoted(match["database"]),
                    _unquoted(match["table"]),
                    bool(match["option"]),
                )
            )
    return grants


def needed(
    account: str, database: str, prefix: str, tables: Iterable[str], narrow: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return the GRANT statements for the tables.

    Args:
        account: the user as CURRENT_USER() says it.
        database: name of the database.
        prefix: table prefix.
        tables: names without the prefix.
        narrow: tables of which only these columns are granted, because the others hold secrets.
    """
    quoted = database.replace("`", "``")
    return tuple(
        f"GRANT SELECT{' (' + ', '.join(f'`{column}`' for column in narrow[table]) + ')' if table in narrow else ''}"
        f" ON `{quoted}`.`{prefix}{table}` TO {quote_account(account)};"
        for table in tables
    )


def revokes(grants: Iterable[Grant], account: str) -> Iterator[str]:
    """Yield the statements that take back what is too much."""
    for grant in grants:
        if "ALL PRIVILEGES" in grant.privileges and grant.database == "*":
            yield f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {quote_account(account)};"
        elif grant.excess:
            yield f"REVOKE {', '.join(grant.excess)} ON {grant.scope} FROM {quote_account(account)};"


def quote_account(account: str) -> str:
    """Quote ``user@host`` for a GRANT statement."""
    user, _, host = account.rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))


def _privileges(text: str) -> dict[str, frozenset[str] | None]:
    found: dict[str, frozenset[str] | None] = {}
    for match in _PRIVILEGE.finditer(text):
        columns = match["columns"]
        found[match["name"].upper()] = (
            None if columns is None else frozenset(_unquoted(name.strip()).lower() for name in columns.split(","))
        )
    return {"ALL PRIVILEGES" if name == "ALL" else name: columns for name, columns in found.items()}


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _pattern(database: str) -> re.Pattern[str]:
    """Turn a database name of a grant, in which % and _ are wild unless escaped, into a regular expression."""
    parts = re.findall(r"\\.|.", database, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)
