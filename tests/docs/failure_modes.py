"""The index of the failure modes, docs/failure-modes/README.md, generated from the rules."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wizard.diagnose.rule import Stage
from wizard.diagnose.rules import Rule, all_rules
from wizard.lab import list_scenarios

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs/failure-modes/README.md"
TEXTS = ROOT / "wizard/diagnose/rules"

_NOTE = (
    "<!-- Generated from wizard/diagnose/rules by `make docs`: edit the rules, not this page. -->"
)
_INTRODUCTION = (
    "The ids are those of `ssewizard check --format json` and of `ssewizard explain ID`. They are "
    "in the order in which a request meets them: of two equally sure causes the first is named."
)
_FIXED_IN = {
    "nginx": "Nginx",
    "backend": "the backend",
    "client": "the client",
    "outer-proxy": "the proxy in front of Nginx",
}
_STAGES: Mapping[Stage, str] = {
    Stage.REACH: "Not reached",
    Stage.ADMIT: "Refused",
    Stage.ROUTE: "Wrong server, location, path or transport",
    Stage.BACKEND: "The backend",
    Stage.HOLD: "Held or late",
    Stage.MESSAGE: "The stream is live, the POST or its reply fails",
    Stage.CUT: "Cut",
}


def current_index() -> str:
    """The index as it must be now, with the lab's scenarios."""
    scenarios = defaultdict[str, list[str]](list)
    for scenario in list_scenarios():
        for id in scenario.expected[:1]:
            scenarios[id].append(scenario.name)
    return index(all_rules(), scenarios)


def index(rules: Iterable[Rule], scenarios: Mapping[str, Sequence[str]]) -> str:
    """Write the index: a table for each stage, in the order in which a request meets them.

    Args:
        scenarios: The names of the lab's scenarios that show a failure mode, by its id.
    """
    ordered = sorted(rules, key=lambda rule: (rule.stage, rule.id))
    parts = [_NOTE, "# Failure modes", _INTRODUCTION]
    for stage, title in _STAGES.items():
        rows = [_row(rule, scenarios.get(rule.id, ())) for rule in ordered if rule.stage == stage]
        if rows:
            head = ("| id | what is wrong | fixed in | see it |", "|---|---|---|---|")
            parts += [f"## {title}", "\n".join((*head, *rows))]
    return "\n\n".join(parts) + "\n"


def _row(rule: Rule, scenarios: Sequence[str]) -> str:
    page = os.path.relpath(TEXTS / f"{rule.id.replace('-', '_')}.md", INDEX.parent)
    title = rule.title.replace("|", r"\|")
    commands = ", ".join(f"`ssewizard lab {name}`" for name in scenarios)
    cells = (f"[{rule.id}]({page})", title, _FIXED_IN[rule.fix.where], commands)
    return f"| {' | '.join(cells)} |"
