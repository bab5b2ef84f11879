import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text

from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.dialect import BAD, MISSING, TOP_BIT, Dialect, MySQL, SQLite, Words, checksums, seconds
from tests.servers import MariaDB

# number, date (None: NULL), letter, choice
ROWS: tuple[tuple[int, str | None, str | None, str | None], ...] = (
    (0, "2024-02-29 23:59:59", "T", "Web"),
    (2**31 - 1, "1970-01-01 00:00:00", "", "Phone"),
    (7, None, None, None),
    (8, "1000-01-01 00:00:01", "abc", "web2"),
    (9, "9999-12-31 23:59:59", "~", ""),
    (10, "0000-00-00 00:00:00", "T", "Email"),
    (11, "0001-01-01 00:00:00", "T", "Email"),
)
ONLY_MYSQL: tuple[tuple[int, str | None, str | None, str | None], ...] = (
    (12, "2024-00-10 10:00:00", "T", "Email"),
    (13, "2024-05-00 00:00:00", "T", "Email"),
    (14, "0000-05-05 00:00:00", "T", "Email"),
)


@pytest.fixture(scope="module", params=["mariadb", "sqlite"])
def database(
    request: pytest.FixtureRequest, mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The same rows in each kind of database."""
    folder = tmp_path_factory.mktemp("dialect")
    url = mariadb.create("dialect") if request.param == "mariadb" else f"sqlite:///{folder / 'rows.sqlite'}"
    engine: Engine = create_engine(url)
    rows = ROWS + (ONLY_MYSQL if request.param == "mariadb" else ())
    with engine.begin() as connection:
        if request.param == "mariadb":
            connection.execute(text("SET SESSION sql_mode=''"))
        connection.execute(text("CREATE TABLE x (n BIGINT, d DATETIME NULL, c VARCHAR(9) NULL, s VARCHAR(9) NULL)"))
        for number, date, letter, choice in rows:
            connection.execute(
                text("INSERT INTO x VALUES (:n,:d,:c,:s)"), {"n": number, "d": date, "c": letter, "s": choice}
            )
    engine.dispose()
    opened = Database(Settings(engine.url, lambda: "admin", 5.0))
    yield opened
    opened.close()


def words_of(dialect: Dialect) -> list[str]:
    """Return the words of the table."""
    return ["n", *dialect.date("d"), dialect.code("c"), dialect.choice("s", ("Web", "Email", "Phone"))]


def read(session: Session, where: str = "1=1") -> Words:
    """Read the table as words."""
    dialect = session.dialect
    words = words_of(dialect)
    return dialect.matrix(session.raw(dialect.select(words, "x", where)), len(words))


def test_words_mean_the_same_everywhere(database: Database) -> None:
    """Numbers, dates, initials and choices are the same words on MariaDB, packed, and on SQLite, plain."""
    with database.session() as session:
        found = {int(row[0]): row for row in read(session)}
    moments = {
        number: int(moment)
        for number, moment in zip(found, seconds(*np.array(list(found.values()))[:, 1:3].T), strict=True)
    }
    days = {number: np.datetime64(date, "s").astype(int) for number, date, _, _ in ROWS if date and date[0] != "0"}
    assert {number: moments[number] for number in days} == days
    assert moments[7] == MISSING
    assert moments[10] == BAD
    assert moments[11] == -62_135_596_800
    assert all(moments[number] == BAD for number in (12, 13, 14) if number in moments)
    assert {number: int(row[3]) for number, row in found.items() if number < 11} == {
        0: ord("T"), 7: 0, 8: ord("a"), 9: ord("~"), 10: ord("T")
    }  # fmt: skip
    assert [int(found[number][4]) for number in (0, 2**31 - 1, 7, 8, 9, 10)] == [1, 3, 0, 0, 0, 2]


def test_no_rows(database: Database) -> None:
    """Nothing found is a matrix without rows."""
    with database.session() as session:
        assert read(session, "1=0").shape == (0, 5)


def test_checksums_are_the_servers(database: Database) -> None:
    """CRC-32 computed here, by zlib, and by the server are the same, row by row; SQLite has none."""
    dialect = database.dialect
    with database.session() as session:
        matrix = read(session)
        checksum = dialect.checksum(words_of(dialect))
        if checksum is None:
            assert isinstance(dialect, SQLite)
            return
        server = dict(session.raw(f"SELECT n, {checksum} FROM x"))
    assert dict(zip(matrix[:, 0].tolist(), checksums(matrix).tolist(), strict=True)) == server


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), min_size=4, max_size=4)))
def test_checksums_are_those_of_zlib(rows: list[list[int]]) -> None:
    """The table look-up gives what zlib gives, whatever the numbers, however many."""
    matrix = np.array(rows, dtype=np.uint32).reshape(len(rows), 4)
    assert checksums(matrix).tolist() == [
        zlib.crc32(struct.pack(">4I", *(number | TOP_BIT for number in row))) for row in rows
    ]


@pytest.mark.parametrize("packed", [b"1234567", b"", None, "12345678"])
def test_a_value_that_was_cut_short_is_refused(packed: bytes | str | None) -> None:
    """Fewer or more bytes than rows times words are never taken for data."""
    with pytest.raises(ValueError, match=r"1 rows of 1 words, but \d bytes: max_allowed_packet is too small"):
        MySQL().matrix([(1, packed)], 1)


def test_a_packed_value_may_come_as_text() -> None:
    """A driver that hands out bytes as latin1 text gives the same matrix."""
    packed = (TOP_BIT | 0x41E94200).to_bytes(4, "big")
    for value in (packed, packed.decode("latin-1")):
        assert MySQL().matrix([(1, value)], 1).tolist() == [[0x41E94200]]
