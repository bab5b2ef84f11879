"""The sections of the cluster: Slurm and GPUs; and of text topics."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from exporter.config.section import Section
from exporter.config.values import Number, Off, ReadableFile, RestUrl, Seconds, Whole

SlurmSource = Literal["cli", "rest", "demo", "off"]
GpuSource = Literal["auto", "nvml", "demo", "off"]


class Slurm(Section):
    """Where users, accounts and jobs come from.

    Attributes:
        source: ``cli`` (Slurm's commands), ``demo`` or ``off``; ``rest`` (slurmrestd) is reserved and refused so far.
        command_prefix: words before each command's own words, such as ``[ssh, login1]`` or ``[sudo, -n]``.
        command_prefix_shell: the command follows the prefix as one shell-quoted word, as ssh wants it.
        rest_url: address of slurmrestd, for ``rest``.
        jwt: token for slurmrestd.
        jwt_file: a file with it, read again when it changes.
        refresh: seconds between two readings of jobs and nodes.
        accounts_refresh: seconds between two readings of users and accounts.
        timeout: seconds after which a command is killed with its children.
    """

    source: Annotated[SlurmSource, Off] = "off"
    command_prefix: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    command_prefix_shell: bool = False
    rest_url: RestUrl | None = None
    jwt: SecretStr | None = None
    jwt_file: ReadableFile | None = None
    refresh: Seconds = 30.0
    accounts_refresh: Seconds = 600.0
    timeout: Seconds = 10.0

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source == "rest":
            raise ValueError("cli, demo or off; slurmrestd is read by a later version")
        return source

    @field_validator("command_prefix_shell")
    @classmethod
    def _has_prefix(cls, shell: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  pydantic passes it by position
        if shell and info.data.get("command_prefix") == ():
            raise ValueError("false while command_prefix is empty")
        return shell

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.jwt is not None and self.jwt_file is not None:
            raise PydanticCustomError("conflict", "jwt and jwt_file are both set; keep one")
        return self


class Gpu(Section):
    """The GPUs of this machine.

    Attributes:
        source: ``auto`` (NVML where there is a GPU), ``nvml``, ``demo`` or ``off``.
        refresh: seconds between two readings.
        price_per_hour: dollars per hour by GPU model.
    """

    source: Annotated[GpuSource, Off] = "auto"
    refresh: Seconds = 5.0
    price_per_hour: dict[str, Annotated[Number, Field(ge=0)]] = Field(default_factory=dict)


class Topics(Section):
    """Text topics of tickets.

    Attributes:
        model: name of a sentence-transformers model or a local folder; None turns topics off.
        distance_threshold: Ward distance at which clusters are cut.
        refresh: seconds between two clusterings.
        top: how many clusters and terms are told apart.
        categories: a file with categories of your own; None: the shipped ones.
    """

    model: Annotated[str, Field(min_length=1)] | None = "all-MiniLM-L6-v2"
    distance_threshold: Annotated[Number, Field(gt=0)] = 0.4
    refresh: Seconds = 600.0
    top: Annotated[Whole, Field(ge=1, le=1000)] = 50
    categories: ReadableFile | None = None
