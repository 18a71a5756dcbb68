"""`ssewizard explain`: list or search the failure modes, or print the text of one."""

from collections.abc import Sequence
from difflib import get_close_matches

from wizard.cli.output import write_report
from wizard.diagnose.rule_text import RuleText, read_rule_text
from wizard.diagnose.rules import rule_ids
from wizard.text.columns import wrap
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

WIDTH = 80


def explain(words: Sequence[str]) -> int:
    """Print the text of the failure mode with this id, or of the only one that the words match.

    Several matches are listed, the best first; without words, all are. Raises `UsageError`.
    """
    ids = [" ".join(words)] if " ".join(words) in rule_ids() else search_rules(words)
    if not ids:
        raise UsageError(_describe_no_match(words))
    if len(ids) == 1:
        write_report(format_rule_text(read_rule_text(ids[0])))
        return 0
    width = max(map(len, ids)) + 1
    write_report("".join(f"{id:<{width}} {read_rule_text(id).title}\n" for id in ids))
    return 0


def search_rules(words: Sequence[str]) -> list[str]:
    """The ids of the failure modes that have all words in their id, title or text, best first.

    A word in the id counts most, then one in the title; case does not matter.
    """
    wanted = [part.lower() for word in words for part in word.split()]
    ranks = {id: _rank(read_rule_text(id), wanted) for id in rule_ids()}
    return sorted((id for id in ranks if ranks[id] is not None), key=lambda id: ranks[id] or 0)


def _rank(text: RuleText, wanted: Sequence[str]) -> int | None:
    """How far down the text one has to read to have seen all words; None if one is missing."""
    body = " ".join(part for _, paragraphs in text.sections for part in paragraphs)
    fields = [text.id, text.title, body]
    places = [
        next((place for place, field in enumerate(fields) if word in field.lower()), None)
        for word in wanted
    ]
    found = [place for place in places if place is not None]
    return max(found, default=0) if len(found) == len(places) else None


def _describe_no_match(words: Sequence[str]) -> str:
    text = " ".join(words)
    similar = get_close_matches(text.lower().replace("_", "-"), rule_ids(), 1, 0.6)
    advice = (
        tr("did you mean {similar}?", similar=similar[0])
        if similar
        else tr("`ssewizard explain` lists all")
    )
    return tr(
        "{text}: not a failure mode, and not found in the text of one: {advice}",
        text=safe(text, 60),
        advice=advice,
    )


def format_rule_text(text: RuleText) -> str:
    """The text of a failure mode with its headings, wrapped at 80 columns."""
    title = _wrap(f"{text.id}: {text.title}")
    sections = "\n".join(
        f"{heading}\n" + "\n\n".join(_wrap(text, "  ") for text in paragraphs) + "\n"
        for heading, paragraphs in text.sections
    )
    links = "".join(f"  {link}\n" for link in text.references)
    return f"{title}\n\n{sections}\n{tr('References')}\n{links}"


def _wrap(text: str, indent: str = "") -> str:
    return "\n".join(wrap(text, WIDTH, indent, indent))
