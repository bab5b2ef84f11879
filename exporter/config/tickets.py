"""The sections that the help desk needs: its database, and how persons are named."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import URL

from exporter.config import database, secret_files
from exporter.config.section import Section
from exporter.config.values import (
    Domain,
    Glob,
    NameOrId,
    Off,
    Pattern,
    ReadableFile,
    Seconds,
    TablePrefix,
    Whole,
    Zone,
    no_repeats,
)
from exporter.errors import ConfigError, DatabaseError

UserLabel = Literal["hash", "id", "name", "off"]
AgentLabel = Literal["off", "name"]


class Exclude(Section):
    """Tickets that are not counted, by what they are; each is published in ``osticket_excluded_tickets``.

    Attributes:
        senders: case-insensitive globs on the requester's default address.
        subjects: case-insensitive regular expressions, searched in the subject.
        topics: help topics by name, full path (``Parent / Child``) or id (as text).
        auto_replies: whether automatic replies, by osTicket's own header rules, are left out.
    """

    senders: tuple[Glob, ...] = ()
    subjects: tuple[Pattern, ...] = ()
    topics: tuple[NameOrId, ...] = ()
    auto_replies: bool = True


class Osticket(Section):
    """Where the tickets are and how they are read.

    Attributes:
        url: SQLAlchemy address without its password; None turns tickets off; ``demo://`` invents a help desk.
        url_file: a file with the address (read once, at load).
        password: the database user's password.
        password_file: a file with it, read anew at each connection; see :meth:`current_password`.
        table_prefix: prefix of osTicket's tables.
        timezone: IANA zone in which database times are read; None: the server's own.
        refresh: seconds between two readings of what changed.
        reconcile: seconds between two comparisons of everything.
        statement_timeout: seconds after which the server itself ends a statement.
        since: tickets created before this day (in the help desk's zone) are not read; None: all.
        site_domains: mail domains inside which the local part names a person.
        exclude: what is not counted.
    """

    url: Annotated[str, AfterValidator(database.database_url)] | None = None
    url_file: ReadableFile | None = None
    password: SecretStr | None = None
    password_file: ReadableFile | None = None
    table_prefix: TablePrefix = "ost_"
    timezone: Zone | None = None
    refresh: Seconds = 60.0
    reconcile: Seconds = 600.0
    statement_timeout: Seconds = 10.0
    since: date | None = None
    site_domains: Annotated[tuple[Domain, ...], AfterValidator(no_repeats)] = ()
    exclude: Exclude = Field(default_factory=Exclude)

    @model_validator(mode="before")
    @classmethod
    def _one_password(cls, data: Any) -> Any:
        """Take the address from its file and the password out of the address; refuse two passwords."""
        if not isinstance(data, dict):
            return data
        data = secret_files.fill(data, "url")
        if isinstance(data.get("url"), str):
            bare, password = database.split_password(data["url"])
            if password is not None:
                if data.get("password") is not None or data.get("password_file") is not None:
                    raise PydanticCustomError("conflict", "a password stands in url and in password or password_file")
                data = {**data, "url": bare, "password": password}
        if data.get("password") is not None and data.get("password_file") is not None:
            raise PydanticCustomError("conflict", "password and password_file are both set; keep one")
        return data

    @property
    def demo(self) -> bool:
        """Whether the help desk is invented."""
        return self.url == database.DEMO_URL

    def current_password(self) -> str | None:
        """Return the password, the password file read anew; None where none is set.

        Raises:
            DatabaseError: the password file cannot be read any more.
        """
        if self.password_file is None:
            return None if self.password is None else self.password.get_secret_value()
        try:
            return secret_files.read(self.password_file).get_secret_value()
        except ConfigError as error:
            raise DatabaseError(f"osticket.password_file: {error}") from error

    def connection_url(self) -> URL:
        """Return the address with the password, the password file read anew; its ``repr`` and ``str`` hide it.

        Raises:
            DatabaseError: the password file cannot be read any more, or no database is configured.
        """
        if self.url is None:
            raise DatabaseError("osticket.url is null: tickets are off; set it to the address of osTicket's database")
        return database.with_password(self.url, self.current_password())


class Users(Section):
    """How labels name requesters and cluster users, and how many of them.

    Attributes:
        label: ``hash`` (keyed pseudonym), ``id`` (the requester id), ``name``, or ``off`` (no label with a person).
        top: how many persons a metric tells apart; the rest is ``other``.
    """

    label: Annotated[UserLabel, Off] = "hash"
    top: Annotated[Whole, Field(ge=1, le=1000)] = 20


class Agents(Section):
    """Whether help-desk staff are named.

    Attributes:
        label: ``off`` (no metric by agent) or ``name``.
    """

    label: Annotated[AgentLabel, Off] = "off"
