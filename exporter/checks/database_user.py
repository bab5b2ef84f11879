"""The database user: may it read what is needed, and no more than that."""

from collections.abc import Iterator, Mapping
from typing import Final

from exporter.checks.grants import Grant, needed, parse, quote_account, revokes
from exporter.checks.result import Result, fail, ok, warn
from exporter.osticket.database import Session
from exporter.osticket.schema import NEEDED, OPTIONAL

# Tables whose other columns are none of Umbrella's business: what people wrote, and password hashes of agents. The
# settings hold keys as well, in rows of the same columns: no grant can tell them apart.
NARROW: Final[Mapping[str, tuple[str, ...]]] = {
    "thread_entry": NEEDED["thread_entry"],
    "staff": NEEDED["staff"],
    "config": OPTIONAL["config"],
}
# In the oldest release there is no such table.
_MAY_LACK: Final = frozenset({"event"})


def check_grants(session: Session, prefix: str) -> Iterator[Result]:
    """Compare what the user was granted with what Umbrella reads; print what to paste."""
    account = str(session.value("SELECT CURRENT_USER()"))
    database = str(session.value("SELECT DATABASE()"))
    grants = parse(str(row[0]) for row in session.raw("SHOW GRANTS FOR CURRENT_USER()"))
    visible = _visible(session, prefix)
    lacking = [name for name in _tables() if not _readable(name, visible, grants, database, prefix)]
    required = [name for name in lacking if name in NEEDED]
    statements = needed(account, database, prefix, lacking, NARROW)
    if required:
        yield fail(
            "database grants",
            f"{account} may not read {', '.join(prefix + name for name in required)}; run as the database's "
            "administrator (tables that this release does not have can be left out):",
            *statements,
        )
    elif lacking:
        yield warn(
            "database grants",
            f"{account} may not read {', '.join(prefix + name for name in lacking)}, which Umbrella can do without; "
            "to grant it:",
            *statements,
        )
    else:
        yield ok("database grants", f"{account} may read everything that is needed")
    # Grant again what there is; where nothing shows, everything.
    tables = [name for name in _tables() if name in visible] or list(_tables())
    yield _too_wide(grants, account, needed(account, database, prefix, tables, NARROW))


def _too_wide(grants: list[Grant], account: str, again: tuple[str, ...]) -> Result:
    name = "database grants too wide"
    excess = [grant for grant in grants if grant.excess]
    if excess:
        what = "; ".join(f"{', '.join(grant.excess)} on {grant.scope}" for grant in excess)
        lost = any({"SELECT", "ALL PRIVILEGES"} & set(grant.excess) for grant in excess)
        return fail(
            name,
            f"{account} may do more than read osTicket: {what}; give Umbrella a user of its own, or, where nothing "
            "else uses this one, run as the database's administrator:",
            *revokes(excess, account),
            *(again if lost else ()),
        )
    whole = [grant for grant in grants if "SELECT" in grant.privileges and grant.table == "*"]
    if whole:
        return warn(
            name,
            f"{account} may read all of {', '.join(grant.scope for grant in whole)}, password hashes and settings with "
            "secrets too; grant single tables instead:",
            *(f"REVOKE SELECT ON {grant.scope} FROM {quote_account(account)};" for grant in whole),
            *again,
        )
    return ok(name, "SELECT on single tables only")


def _tables() -> dict[str, tuple[str, ...]]:
    return {**{name: columns for name, columns in OPTIONAL.items() if name not in NEEDED}, **NEEDED}


def _visible(session: Session, prefix: str) -> dict[str, set[str]]:
    """Return the columns that the server shows this user, by table without the prefix."""
    found: dict[str, set[str]] = {}
    rows = session.rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema=DATABASE() AND SUBSTRING(table_name,1,:length)=:prefix",
        length=len(prefix),
        prefix=prefix,
    )
    for table, column in rows:
        found.setdefault(str(table).removeprefix(prefix), set()).add(str(column).lower())
    return found


def _readable(name: str, visible: Mapping[str, set[str]], grants: list[Grant], database: str, prefix: str) -> bool:
    """Return whether the user may read the table, as far as the server lets it know.

    A role's grants are not in the list, but its tables are visible; a table that does not exist is not visible, but a
    grant on the whole database covers it.
    """
    columns = _tables()[name]
    if set(columns) <= visible.get(name, set()):
        return True
    covered = all(any(grant.covers(database, prefix + name, column) for grant in grants) for column in columns)
    return covered or (name in _MAY_LACK and "thread_event" in visible and "state" in visible["thread_event"])
