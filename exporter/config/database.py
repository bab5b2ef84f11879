"""The address of osTicket's database: kept without its password, which joins only at connect time."""

import re
from typing import Final

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DEMO_URL: Final = "demo://"
_DRIVERS: Final = {
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb+pymysql": "mariadb+pymysql",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}
_EXPECTED: Final = (
    "a database address such as mysql+pymysql://umbrella@db.example.edu/osticket, sqlite:///FILE, demo:// or null"
)
_SECRET_QUERY: Final = {"password", "passwd"}
_SCHEME: Final = re.compile(r"(?:[A-Za-z0-9+.-]+:/+)?")
_NO_PORT: Final = re.compile(r":(?!\d{1,5}(?:[/?]|$))[^/?]*")
_IN_QUERY: Final = re.compile(r"(?<=[?&])(pass(?:word|wd)=)[^&]*", re.IGNORECASE)


def _parse(text: str) -> URL | None:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        return None


def split_password(text: str) -> tuple[str, SecretStr | None]:
    """Return the address without its password, and the password if it held one; unreadable text comes back as it is."""
    url = _parse(text)
    if url is None or url.password is None:
        return text, None
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False), SecretStr(str(url.password))


def with_password(text: str, password: str | None) -> URL:
    """Return the address to connect with; its ``repr`` and ``str`` hide the password."""
    url = make_url(text)
    return url if password is None else url.set(password=password)


def database_url(text: str) -> str:
    """Return a database address of a kind that we read: MySQL or MariaDB through PyMySQL, SQLite, or ``demo://``.

    Raises:
        ValueError: what is expected; the text never repeats the address.
    """
    if text.rstrip("/") == "demo:":
        return DEMO_URL
    url = _parse(text)
    driver = _DRIVERS.get(url.drivername) if url is not None else None
    if url is None or driver is None:
        raise ValueError(_EXPECTED)
    if _SECRET_QUERY & {key.lower() for key in url.query}:
        raise ValueError("a database address without the password in its query; put it into osticket.password_file")
    if not url.database:
        raise ValueError("a database address that ends in the name of the database, such as …@db.example.edu/osticket")
    return url.set(drivername=driver).render_as_string(hide_password=False)


def redacted(text: str) -> str:
    """Return the text of an address, right or wrong, without anything that may be a password."""
    scheme = _SCHEME.match(text)
    start = scheme.end() if scheme else 0
    person, at, rest = text[start:].rpartition("@")
    if ":" in person:
        person = "***"
    return text[:start] + person + at + _IN_QUERY.sub(r"\1***", _NO_PORT.sub(":***", rest))
