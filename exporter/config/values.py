"""The types of configuration values: each turns what stands in a file or a variable into one exact value.

Every validator raises ``ValueError`` whose text ends the sentence "expected …"; :mod:`exporter.config.mistakes` puts
file, key and value in front of it.
"""

import fnmatch
import math
import re
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_DURATION_TEXT: Final = "a duration from 1s to 366d, such as 60s, 10m, 2h or 1d"
_LONGEST: Final = 366 * 86400.0

# osTicket's installer insists on the underscore; with it and its longest table name a name must stay below 64.
_PREFIX: Final = re.compile(r"[A-Za-z0-9_]{0,39}_")
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_BCRYPT: Final = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
_LISTEN: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^:\[\]\s/]+):(?P<port>\d{1,5})")
_REST: Final = re.compile(r"https?://[^\s/@]+(/[^\s@]*)?|unix:/\S+")

T = TypeVar("T")


def seconds(value: object) -> float:
    """Turn ``60s``, ``10m``, ``2h``, ``1d`` or a number of seconds into seconds; at least 1, at most 366 days."""
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        number = float(match[1]) * _UNITS[match[2]]
    if not 1.0 <= number <= _LONGEST:
        raise ValueError(_DURATION_TEXT)
    return number


def off(value: object) -> object:
    """Return ``off`` for false, which is what some YAML readers make of an unquoted off."""
    return "off" if value is False or (isinstance(value, str) and value.lower() in ("false", "off")) else value


def number_only(value: object) -> object:
    """Refuse true and false where a number is wanted; Python takes them for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number, not true or false")  # noqa: TRY004  pydantic turns only ValueError into a validation error
    return value


def no_repeats(values: tuple[T, ...]) -> tuple[T, ...]:
    """Return the values without repetitions, in order."""
    return tuple(dict.fromkeys(values))


def table_prefix(text: str) -> str:
    """Return the prefix of osTicket's tables: letters, digits and underscores, ending in an underscore."""
    if not _PREFIX.fullmatch(text):
        raise ValueError(
            "letters, digits and underscores, ending in an underscore, at most 40 characters, such as ost_"
        )
    return text


def zone(text: str) -> str:
    """Return the name of a time zone of the IANA database."""
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):  # a directory, a path out of the database, an unknown name
        raise ValueError("the name of a time zone, such as America/New_York or UTC") from None
    return text


def domain(text: str) -> str:
    """Return a mail domain in lower case."""
    lower = text.strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(lower):
        raise ValueError("a mail domain without @, such as example.edu")
    return lower


def pattern(text: str) -> str:
    """Return a regular expression that Python can compile."""
    if not text:
        raise ValueError("a regular expression; an empty one would exclude every ticket")
    try:
        re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"a regular expression ({error})") from None
    return text


def glob(text: str) -> str:
    """Return a shell pattern (``*``, ``?``, ``[…]``); a bracket that is never closed is refused."""
    if not text.strip():
        raise ValueError("a pattern of an address, such as noreply@* or *@example.com")
    if text.count("[") != text.count("]"):
        raise ValueError("a pattern of an address whose brackets are closed, such as noreply@* or [ab]@example.com")
    fnmatch.translate(text)
    return text.strip()


def bcrypt_hash(value: SecretStr) -> SecretStr:
    """Return a bcrypt hash, as ``htpasswd -nB NAME`` writes it after the colon."""
    if not _BCRYPT.fullmatch(value.get_secret_value()):
        raise ValueError("a bcrypt hash such as $2y$10$…; `htpasswd -nB NAME` makes one")
    return value


def listen_address(text: str) -> str:
    """Return ``host:port``; IPv6 addresses stand in brackets."""
    match = _LISTEN.fullmatch(text)
    if not match or int(match["port"]) > 65535:
        raise ValueError("an address host:port, such as 127.0.0.1:10042 or [::]:10042")
    return text


def rest_address(text: str) -> str:
    """Return the address of slurmrestd: ``http://host:port``, ``https://host:port`` or ``unix:/path``."""
    if not _REST.fullmatch(text):
        raise ValueError("http://HOST:PORT, https://HOST:PORT or unix:/PATH, without user and password")
    return text


def readable_file(path: Path) -> Path:
    """Return the path of a file that can be opened for reading."""
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"a file that can be read ({error.strerror or error})") from None


def text_of(value: object) -> object:
    """Return whole numbers as text: a help topic's id may be written without quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Seconds = Annotated[float, BeforeValidator(seconds)]
Whole = Annotated[int, BeforeValidator(number_only)]
Number = Annotated[float, BeforeValidator(number_only), Field(allow_inf_nan=False)]
TablePrefix = Annotated[str, AfterValidator(table_prefix)]
Zone = Annotated[str, AfterValidator(zone)]
Domain = Annotated[str, AfterValidator(domain)]
Pattern = Annotated[str, AfterValidator(pattern)]
Glob = Annotated[str, AfterValidator(glob)]
NameOrId = Annotated[str, BeforeValidator(text_of)]
BcryptHash = Annotated[SecretStr, AfterValidator(bcrypt_hash)]
ListenAddress = Annotated[str, AfterValidator(listen_address)]
RestUrl = Annotated[str, AfterValidator(rest_address)]
ReadableFile = Annotated[Path, AfterValidator(readable_file)]
Off: Any = BeforeValidator(off)
