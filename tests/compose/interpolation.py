"""Compose's interpolation of variables, as far as the project's files use it."""

import re
from typing import Final

# ${NAME}, ${NAME:-default}, ${NAME:+replacement}, ${NAME:?message}
VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\+|:\?)((?:[^{}]|\$\{[^{}]*\})*))?\}")


def expanded(text: str, environment: dict[str, str]) -> str:
    """Return a text of a compose file as Compose interpolates it."""

    def value(match: re.Match[str]) -> str:
        name, operator, word = match[1], match[2], expanded(match[3] or "", environment)
        given = environment.get(name, "")
        if operator == ":+":
            return word if given else ""
        if operator == ":?" and not given:
            raise LookupError(f"{name} {word}")
        return given or (word if operator == ":-" else "")

    return VARIABLE.sub(value, text)
