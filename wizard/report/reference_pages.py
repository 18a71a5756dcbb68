"""The reference pages, one for each failure mode, from the same text as `explain`."""

import re
from collections.abc import Iterable, Mapping, Sequence

from wizard.diagnose.rules.rule import Rule, Stage

FOLDER = "docs/failure-modes"
MADE = "<!-- Generated from wizard/diagnose/rules by `make docs`: edit the rule, not this page. -->"
_PLACES = {
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


def pages(rules: Sequence[Rule], scenarios: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each page's text by its file name, the index among them.

    Args:
        scenarios: The names of the lab's scenarios that show a failure mode, by its id.
    """
    made = {f"{rule.id}.md": page(rule, scenarios.get(rule.id, ())) for rule in rules}
    return {"README.md": index(rules), **made}


def page(rule: Rule, scenarios: Sequence[str] = ()) -> str:
    """One failure mode under its fixed headings."""
    parts = [
        MADE,
        f"# {rule.id}: {_plain(rule.title)}",
        *_section("What it is", rule.what),
        *_section("Why it hurts", rule.hurts),
        *_section("What shows it", rule.shows),
        *_section("The fix", rule.mend),
        f"It is in the hands of {_PLACES[rule.fix.where]}.",
        *_section("What does not help", rule.wrong),
    ]
    if scenarios:
        commands = "\n".join(f"ssewizard lab {name}" for name in scenarios)
        parts += ["## See it", f"```sh\n{commands}\n```"]
    parts += ["## References", "\n".join(f"- <{link}>" for link in rule.references)]
    return "\n\n".join(parts) + "\n"


def index(rules: Iterable[Rule]) -> str:
    """All failure modes, in the order in which a request meets them."""
    known = sorted(rules, key=lambda rule: (rule.stage, rule.id))
    parts = [
        MADE,
        "# Failure modes",
        "The ids are those of `ssewizard check --format json` and of `ssewizard explain ID`. "
        "They stand in the order in which a request meets them: of two equally sure causes the "
        "first is named.",
    ]
    for stage, title in _STAGES.items():
        rows = [_row(rule) for rule in known if rule.stage == stage]
        if rows:
            table = "\n".join(("| id | what is wrong | mended at |", "|---|---|---|", *rows))
            parts += [f"## {title}", table]
    return "\n\n".join(parts) + "\n"


def _row(rule: Rule) -> str:
    title = _plain(rule.title).replace("|", r"\|")
    return f"| [{rule.id}]({rule.id}.md) | {title} | {_PLACES[rule.fix.where]} |"


def _section(title: str, text: str) -> tuple[str, str]:
    return f"## {title}", _plain(text)


_CODE = re.compile(r"(`[^`]*`)")
_ACTIVE = re.compile(r"[*<\[\\]")


def _plain(text: str) -> str:
    """Text whose code stays code, and in which nothing else is markup."""
    parts = _CODE.split(text.strip())
    return "".join(
        part if part.startswith("`") else _ACTIVE.sub(r"\\\g<0>", part) for part in parts
    )
