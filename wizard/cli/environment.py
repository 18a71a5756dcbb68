"""What a value takes from the environment, and where that is not what happens."""

import os
import re

from wizard.errors import UsageError
from wizard.text import safe

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOLLAR = re.compile(rf"\$\$|{_VARIABLE.pattern}|\$\{{|\$[A-Z][A-Z0-9_]*(?![A-Za-z0-9_])")
"""What begins with a dollar and is not to be taken as it is."""


def literal(word: str) -> str:
    """The word, in which nothing is filled in. Raises `UsageError` where that was expected: sent
    as it stands, the answer would be taken for the server's fault."""
    if found := _VARIABLE.search(word):
        raise UsageError(
            f"{safe(found[0], 60)} is not filled in here: only the value of a header is taken from "
            "the environment"
        )
    return word


def filled_in(word: str) -> str:
    """A header with `${NAME}` in its value taken from the environment, so that the file itself
    can be committed, and `$$` as a dollar. No complaint shows a value, nor a part of one.

    Raises:
        UsageError: A variable is not set, is empty, or is written otherwise.
    """
    name, colon, value = word.partition(":")
    return f"{name}{colon}{_DOLLAR.sub(_from_environment, value)}"


def _from_environment(found: re.Match[str]) -> str:
    if found[0] == "$$":
        return "$"
    if found[1] is None:
        raise UsageError("a variable of the environment is written as ${NAME}, a dollar as $$")
    if not (value := os.environ.get(found[1], "")):
        raise UsageError(f"the environment variable {safe(found[1], 60)} is not set, or is empty")
    return value
