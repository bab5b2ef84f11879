"""The configuration: every section and key, its type, default and limits. Attribute names are the keys of the file.

Durations are seconds (float) from 1 up; paths are absolute after :func:`exporter.config.load`; secrets are
:class:`pydantic.SecretStr` and appear in no ``repr``, log or error. Objects are immutable: a reload makes new ones.
"""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from exporter.config.cluster import Gpu, GpuSource, Slurm, SlurmSource, Topics
from exporter.config.section import Section
from exporter.config.service import State, Tls, Web
from exporter.config.tickets import AgentLabel, Agents, Exclude, Osticket, UserLabel, Users

__all__ = [
    "AgentLabel",
    "Agents",
    "Config",
    "Exclude",
    "Gpu",
    "GpuSource",
    "Osticket",
    "Section",
    "Slurm",
    "SlurmSource",
    "State",
    "Tls",
    "Topics",
    "UserLabel",
    "Users",
    "Web",
]


class Config(BaseSettings):
    """The whole configuration. Made by :func:`exporter.config.load`; direct construction reads no environment.

    A section that is missing or null has its defaults. Which collectors run is :attr:`collectors`.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, env_prefix="UMBRELLA_")

    osticket: Osticket = Field(default_factory=Osticket)
    users: Users = Field(default_factory=Users)
    agents: Agents = Field(default_factory=Agents)
    schools: dict[Annotated[str, Field(min_length=1)], list[Annotated[str, Field(min_length=1)]]] = Field(
        default_factory=dict
    )
    slurm: Slurm = Field(default_factory=Slurm)
    gpu: Gpu = Field(default_factory=Gpu)
    topics: Topics = Field(default_factory=Topics)
    state: State = Field(default_factory=State)
    web: Web = Field(default_factory=Web)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is passed in: file and environment are merged by :func:`exporter.config.load`."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def _empty_section(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("schools")
    @classmethod
    def _one_school_each(cls, schools: dict[str, list[str]]) -> dict[str, list[str]]:
        first: dict[str, str] = {}
        for school, departments in schools.items():
            for department in departments:
                other = first.setdefault(department.lower(), school)
                if other != school:
                    raise PydanticCustomError(
                        "conflict",
                        "the department {department} is in {other} and in {school}; expected it in one school",
                        {"department": department, "other": other, "school": school},
                    )
        return schools

    @property
    def collectors(self) -> tuple[str, ...]:
        """Names of the collectors that are on.

        ``tickets`` is on with an ``osticket.url``, ``slurm`` unless its source is off (the default).
        The GPU's default ``auto`` asks for nothing: without any configuration this is empty, and ``serve`` refuses.
        """
        on = {"tickets": self.osticket.url is not None, "slurm": self.slurm.source != "off"}
        return tuple(name for name, wanted in on.items() if wanted)
