"""The failure modes, one file each. A new one is one new file: it is found by being here."""

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from wizard.diagnose.rules.rule import Rule

__all__ = ["Rule", "all_rules", "rule_named"]

HELPERS = frozenset(
    {
        "rule",
        "facts",
        "addresses",
        "samples",
        "streamed_posts",
        "disconnects",
        "post_facts",
        "follow_up_facts",
    }
)
"""The files here that are no rules."""


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    names = sorted(info.name for info in iter_modules(__path__) if info.name not in HELPERS)
    return tuple(import_module(f"{__name__}.{name}").RULE for name in names)


def rule_named(id: str) -> Rule | None:
    """The rule with that id, or None."""
    return next((rule for rule in all_rules() if rule.id == id), None)
