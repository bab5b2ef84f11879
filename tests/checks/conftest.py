"""A help desk on the real MariaDB, and users of it with all kinds of grants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine

from exporter.checks.database import check_database
from exporter.checks.database_user import NARROW
from exporter.checks.grants import needed
from exporter.checks.result import Result, Status
from exporter.config.tickets import Osticket
from exporter.demo.fixed import SETTINGS, fill_fixed
from exporter.demo.schema import like_osticket, metadata
from exporter.osticket.schema import NEEDED, OPTIONAL
from tests.servers import MariaDB

NOW = 1_750_000_000.0
USER = "umbrella@127.0.0.1"
TABLES = tuple(dict.fromkeys([*NEEDED, *OPTIONAL]))


def install(mariadb: MariaDB, database: str, prefix: str = "ost_", storage: str = "InnoDB") -> None:
    """Write osTicket's tables and the installer's rows."""
    engine = create_engine(mariadb.url(database))
    schema = metadata(prefix)
    for table in schema.tables.values():
        table.dialect_options["mysql"]["engine"] = storage
    with engine.begin() as connection:
        like_osticket(connection)
        schema.create_all(connection)
        fill_fixed(connection, schema)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Desk:
    """A help desk's database, and a user of its own that starts without any grant."""

    server: MariaDB
    name: str

    def sql(self, *statements: str) -> None:
        """Run statements as the administrator."""
        for statement in statements:
            self.server.execute(statement, self.name)

    def set(self, key: str, value: str) -> None:
        """Change one of osTicket's own settings."""
        self.sql(f"UPDATE ost_config SET value='{value}' WHERE `key`='{key}'")

    def grant(self, *without: str) -> None:
        """Give the user what Umbrella asks for, except some tables."""
        tables = [table for table in TABLES if table not in without]
        self.sql(*(text.rstrip(";") for text in needed(USER, self.name, "ost_", tables, NARROW)))

    def check(self, **settings: str) -> dict[str, Result]:
        """Check the database as the user; results by name."""
        url = self.server.url(self.name, "umbrella", "secret-of-the-desk")
        results = list(check_database(Osticket.model_validate({"url": url, **settings}), NOW))
        assert "secret-of-the-desk" not in repr(results)
        return {result.name: result for result in results}

    def problems(self, **settings: str) -> dict[str, str]:
        """Check the database as the user; the detail of everything that is not ok, by name."""
        found = self.check(**settings)
        return {name: result.detail for name, result in found.items() if result.status is not Status.OK}


MakeDesk = Callable[[], Desk]


@pytest.fixture(scope="session")
def _installed(mariadb: MariaDB) -> str:
    mariadb.create("checks")
    install(mariadb, "checks")
    return "checks"


@pytest.fixture
def user(mariadb: MariaDB) -> Iterator[str]:
    """A database user without grants, gone afterwards."""
    mariadb.execute("CREATE USER umbrella@'127.0.0.1' IDENTIFIED BY 'secret-of-the-desk'")
    yield USER
    mariadb.execute("DROP USER umbrella@'127.0.0.1'")


@pytest.fixture
def desk(mariadb: MariaDB, _installed: str, user: str) -> Iterator[Desk]:
    """A help desk whose tables the test leaves alone; settings are as installed again afterwards."""
    assert user == USER
    desk = Desk(mariadb, _installed)
    yield desk
    desk.set("schema_signature", SETTINGS["schema_signature"])


@pytest.fixture
def own_desk(mariadb: MariaDB, user: str) -> MakeDesk:
    """Make a help desk that the test may change; in MyISAM, whose tables are made without waiting for the disk."""

    def make() -> Desk:
        mariadb.create("checks_own")
        install(mariadb, "checks_own", storage="MyISAM")
        assert user == USER
        return Desk(mariadb, "checks_own")

    return make
