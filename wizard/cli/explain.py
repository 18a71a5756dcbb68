"""`ssewizard explain`: list the failure modes, or print the text of one."""

import textwrap

from wizard.cli.output import write_report
from wizard.diagnose.rule_text import RuleText, read_rule_text
from wizard.diagnose.rules import rule_ids
from wizard.text.display import safe
from wizard.text.errors import UsageError

WIDTH = 80


def explain(id: str | None) -> int:
    """Print the list of failure modes, or the text of the given id. Raises `UsageError`."""
    if id is None:
        width = max(map(len, rule_ids())) + 1
        write_report("".join(f"{id:<{width}} {read_rule_text(id).title}\n" for id in rule_ids()))
        return 0
    if id not in rule_ids():
        raise UsageError(f"{safe(id, 60)}: no such failure mode; `ssewizard explain` lists them")
    write_report(format_rule_text(read_rule_text(id)))
    return 0


def format_rule_text(text: RuleText) -> str:
    """The text of a failure mode with its headings, wrapped at 80 columns."""
    title = _wrap(f"{text.id}: {text.title}")
    sections = "\n".join(
        f"{heading}\n" + "\n\n".join(_wrap(text, "  ") for text in paragraphs) + "\n"
        for heading, paragraphs in text.sections
    )
    links = "".join(f"  {link}\n" for link in text.references)
    return f"{title}\n\n{sections}\nReferences\n{links}"


def _wrap(text: str, indent: str = "") -> str:
    filled = textwrap.fill(text, WIDTH - len(indent), break_on_hyphens=False)
    return textwrap.indent(filled, indent)
