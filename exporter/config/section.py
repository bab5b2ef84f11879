"""What every section of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the file: no unknown keys, immutable, values never in pydantic's own error texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
