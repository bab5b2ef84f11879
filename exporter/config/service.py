"""The sections of the service itself: its state and its web surface."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from exporter.config import secret_files
from exporter.config.section import Section
from exporter.config.values import BcryptHash, ListenAddress, ReadableFile


class State(Section):
    """What survives restarts.

    Attributes:
        directory: folder of the state files; made when missing, mode 0700.
    """

    directory: Path = Path("/var/lib/umbrella")


class Tls(Section):
    """Transport encryption of the web surface.

    Attributes:
        cert_file: PEM certificate, with its chain.
        key_file: PEM private key without a pass phrase.
        client_ca_file: PEM certificates of the authorities whose clients are let in; None: no client certificate.
    """

    cert_file: ReadableFile
    key_file: ReadableFile
    client_ca_file: ReadableFile | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        secret_files.check_certificates(self.cert_file, self.key_file, self.client_ca_file)
        return self


class Web(Section):
    """The web surface.

    Attributes:
        listen: ``host:port``; see :attr:`host` and :attr:`port`.
        tls: certificate and key; None: plain HTTP.
        basic_auth_users: bcrypt hash by user name; empty: no password is asked.
        basic_auth_users_file: a file with ``name:hash`` lines, as ``htpasswd -B`` writes them (read once, at load).
    """

    listen: ListenAddress = "127.0.0.1:10042"
    tls: Tls | None = None
    basic_auth_users: dict[Annotated[str, Field(min_length=1, pattern="^[^:]+$")], BcryptHash] = Field(
        default_factory=dict
    )
    basic_auth_users_file: ReadableFile | None = None

    @model_validator(mode="before")
    @classmethod
    def _users_of_file(cls, data: Any) -> Any:
        return secret_files.fill(data, "basic_auth_users", secret_files.htpasswd) if isinstance(data, dict) else data

    @property
    def host(self) -> str:
        """Host to listen on, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Port to listen on; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])
