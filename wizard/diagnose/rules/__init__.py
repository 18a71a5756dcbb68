"""The failure modes: one module and one Markdown file each, found by being in this folder."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from wizard.diagnose.rule import Rule

__all__ = ["Rule", "all_rules", "rule_ids", "rule_named"]


@cache
def rule_ids() -> tuple[str, ...]:
    """The ids of all rules, sorted; imports none of them."""
    names = (info.name for info in iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in names))


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, sorted by id."""
    return tuple(_load(id) for id in rule_ids())


def rule_named(id: str) -> Rule | None:
    """The rule with that id, or None."""
    return _load(id) if id in rule_ids() else None


def _load(id: str) -> Rule:
    rule: Rule = import_module(f"{__name__}.{id.replace('-', '_')}").RULE
    return rule
