"""Secrets that stand in files of their own: passwords, tokens, password hashes, certificates."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticCustomError

from exporter.errors import ConfigError


def read(path: Path) -> SecretStr:
    """Return the file's text without the line end.

    Raises:
        ConfigError: the file cannot be read, or is not text.
    """
    try:
        return SecretStr(path.read_text(encoding="utf-8").rstrip("\r\n"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}; check the path and its owner") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text; expected the secret on its first line") from error


def htpasswd(text: str) -> dict[str, str]:
    """Return hash by name from ``name:hash`` lines; blank lines and lines with ``#`` are passed over."""
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in pairs}


def fill(data: dict[str, Any], key: str, parse: Callable[[str], object] = str) -> dict[str, Any]:
    """Return ``data`` with ``key`` taken from the file that ``<key>_file`` names, where it names one.

    Raises:
        PydanticCustomError: both are set, or the file cannot be read.
    """
    path = data.get(f"{key}_file")
    if not isinstance(path, str | Path):
        return data
    if data.get(key):
        raise PydanticCustomError("conflict", "{key} and {key}_file are both set; keep one", {"key": key})
    try:
        return {**data, key: parse(read(Path(path)).get_secret_value())}
    except ConfigError:
        return data  # the field's own check says what is wrong with the path


def secrets_of(section: BaseModel) -> Iterator[str]:
    """Yield every secret of a configuration, those in its files too, for the log to hide."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from secrets_of(value)
        elif isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, dict):
            yield from (item.get_secret_value() for item in value.values() if isinstance(item, SecretStr))
        elif isinstance(value, Path) and name in ("password_file", "jwt_file"):
            with suppress(ConfigError):  # whoever connects with it says so
                yield read(value).get_secret_value()


def check_certificates(cert: Path, key: Path, client_ca: Path | None) -> None:
    """Load certificate, key and authorities once, so that a mistake shows at the start and not at the first client.

    Raises:
        PydanticCustomError: which file cannot be used, and why.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty pass phrase keeps OpenSSL from asking on the terminal.
        context.load_cert_chain(cert, key, password="")
    except (ssl.SSLError, OSError) as error:
        text = "cert_file and key_file do not make a pair of PEM certificate and unencrypted key ({reason})"
        raise PydanticCustomError("conflict", text, {"reason": _reason(error)}) from None
    if client_ca is None:
        return
    try:
        context.load_verify_locations(client_ca)
    except (ssl.SSLError, OSError) as error:
        text = "client_ca_file holds no PEM certificate ({reason})"
        raise PydanticCustomError("conflict", text, {"reason": _reason(error)}) from None


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or error)
