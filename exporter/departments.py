"""Who belongs to which academic department: read from Slurm, used by every collector."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.labels import OTHER, UNKNOWN


@dataclass(frozen=True, slots=True)
class Schools:
    """Departments by school, from the configuration.

    Attributes:
        by_department: school by department; departments compare in lower case.
    """

    by_department: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_lists(cls, departments: Mapping[str, list[str]]) -> "Schools":
        """Turn the configuration's ``{school: [department, …]}`` around."""
        return cls({name.lower(): school for school, names in departments.items() for name in names})

    def of(self, department: str) -> str:
        """Return the school; ``unknown`` for the unknown department, ``other`` for one in no school."""
        return UNKNOWN if department == UNKNOWN else self.by_department.get(department.lower(), OTHER)


class Directory:
    """The department of each cluster account: an immutable mapping that the Slurm collector swaps.

    Attributes:
        departments: department by user name (lower case). Never changed in place.
        generation: grows with each change, so that readers know when to map again.
    """

    def __init__(self) -> None:
        self.departments: Mapping[str, str] = {}
        self.generation = 0

    def replace(self, departments: Mapping[str, str]) -> None:
        """Swap in a new mapping of user name (lower case) to cleaned department name."""
        if departments != self.departments:
            self.departments = departments
            self.generation += 1

    def of(self, user: str) -> str:
        """Return the department of a user name in any case, ``unknown`` when Slurm does not know one."""
        return self.departments.get(user.lower(), UNKNOWN)
