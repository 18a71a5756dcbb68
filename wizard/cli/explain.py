"""`ssewizard explain`: the failure modes in words."""

import textwrap

from wizard.cli.output import write_report
from wizard.diagnose.rules import Rule, all_rules, rule_named
from wizard.text.errors import UsageError
from wizard.text.text import safe

WIDTH = 80


def explain(id: str | None) -> int:
    """List the failure modes, or show one in full. Raises `UsageError` for an unknown id."""
    if id is None:
        write_report("".join(f"{rule.id:<24} {rule.title}\n" for rule in all_rules()))
        return 0
    rule = rule_named(id)
    if rule is None:
        raise UsageError(f"{safe(id, 60)}: no such failure mode; `ssewizard explain` lists them")
    write_report(explained(rule))
    return 0


def explained(rule: Rule) -> str:
    """One failure mode under its fixed headings."""
    parts = (
        ("What it is", rule.what),
        ("Why it hurts", rule.hurts),
        ("What shows it", rule.shows),
        ("The fix", rule.mend),
        ("What does not help", rule.wrong),
    )
    body = "\n".join(f"{head}\n{_filled(text)}\n" for head, text in parts)
    links = "".join(f"  {link}\n" for link in rule.references)
    return f"{textwrap.fill(f'{rule.id}: {rule.title}', WIDTH)}\n\n{body}\nReferences\n{links}"


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
