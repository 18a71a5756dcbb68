"""Sample cases of the rules: one module a rule, with a case that it must find and one it must not.

Each module defines `fires()`, a case in which its rule is the primary cause (or a risk, for a rule
that the wizard cannot run into itself), and `silent()`, a look-alike that must not be blamed on it.
"""

from importlib import import_module
from typing import Literal, cast

from wizard.model.case import Case

Which = Literal["fires", "silent"]
WHICH: tuple[Which, ...] = ("fires", "silent")


def sample(id: str, which: Which) -> Case:
    """Return a sample case of the rule with this id."""
    module = import_module(f"{__name__}.{id.replace('-', '_')}")
    return cast(Case, getattr(module, which)())
