"""osTicket's database: connection, version, tables, columns, release, grants, storage engine, time zone."""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy.engine import make_url

from exporter.checks.database_user import check_grants
from exporter.checks.database_zone import check_zone
from exporter.checks.result import Result, fail, ok, warn
from exporter.config.tickets import Osticket
from exporter.errors import DatabaseError
from exporter.osticket import dimensions
from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.schema import RELEASES, TOO_OLD, Schema, detect, prefixes

_OLDEST_MARIADB: Final = (10, 5)
_OLDEST_MYSQL: Final = (8, 0)


def check_database(settings: Osticket, now: float) -> Iterator[Result]:
    """Yield the checks of the ticket database; nothing but one line when tickets are off or invented.

    Args:
        settings: the section ``osticket``.
        now: seconds since the epoch (UTC).
    """
    if settings.url is None or settings.demo:
        yield ok("database", "tickets are off (osticket.url is null)" if settings.url is None else "the invented desk")
        return
    database = Database(Settings(make_url(settings.url), settings.current_password, settings.statement_timeout))
    try:
        with database.session() as session:
            yield ok("database connection", database.where)
            yield from _server(session)
            yield from _osticket(session, settings, now)
    except DatabaseError as error:
        yield fail("database connection", str(error))
    finally:
        database.close()


def _server(session: Session) -> Iterator[Result]:
    if session.connection.dialect.name == "sqlite":
        yield ok("database server", "SQLite")
        return
    version = str(session.value("SELECT VERSION()"))
    maria = "mariadb" in version.lower()
    name, oldest = ("MariaDB", _OLDEST_MARIADB) if maria else ("MySQL", _OLDEST_MYSQL)
    # Replication once made MariaDB call itself 5.5.5-10.6…; what counts comes after.
    numbers = tuple(int(part) for part in re.findall(r"\d+", version.removeprefix("5.5.5-"))[:2])
    if numbers < oldest:
        wanted = ".".join(map(str, oldest))
        yield fail("database server", f"{name} {version} is too old; upgrade to {name} {wanted} or later")
    else:
        yield ok("database server", f"{name} {version}")


def _osticket(session: Session, settings: Osticket, now: float) -> Iterator[Result]:
    found = prefixes(session)
    sql = session.connection.dialect.name != "sqlite"
    try:
        schema = detect(session, settings.table_prefix)
    except DatabaseError as error:
        yield fail("tables", str(error).replace("run 'umbrella check'", "see below"))
        # The grants say which of the tables that are missing are only hidden.
        if sql and (settings.table_prefix in found or not found):
            yield from check_grants(session, settings.table_prefix)
        return
    others = [prefix for prefix in found if prefix != settings.table_prefix]
    beside = f"; other installations here: {', '.join(others)}" if others else ""
    yield ok("table prefix", f"{settings.table_prefix}{beside}")
    yield ok("tables", f"{len(schema.columns)} tables with every column that is needed")
    core = dimensions.settings(session, schema)
    yield _release(core, schema)
    yield _engines(schema)
    if sql:
        yield from check_grants(session, settings.table_prefix)
        yield check_zone(session, settings.timezone, core, now)


def _release(core: dict[str, str], schema: Schema) -> Result:
    name = "osTicket release"
    signature = core.get("schema_signature", "")
    release = RELEASES.get(signature[:8])
    if not signature:
        return warn(
            name,
            f"unknown: {schema.prefix}config may not be read; the help desk's own time zone is unknown too, and "
            "months are cut in the server's zone; grant it (below, under database grants) to know both",
        )
    if signature.startswith(TOO_OLD):
        return fail(name, f"{release} is too old; upgrade osTicket to 1.10 or later")
    if release is None:
        return warn(
            name, f"schema signature {signature[:8]} is of a release after 1.18; its tables have what is needed"
        )
    return ok(name, release)


def _engines(schema: Schema) -> Result:
    others = [engine for engine in schema.engines if engine not in ("InnoDB", "SQLite")]
    if others:
        return warn(
            "storage engine",
            f"{', '.join(others)}: a refresh can hold up osTicket's writes and sees no consistent moment; convert with "
            "ALTER TABLE … ENGINE=InnoDB",
        )
    return ok("storage engine", ", ".join(schema.engines))
