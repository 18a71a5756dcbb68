"""Reader of the Markdown files beside the rules: the text of one failure mode each."""

import pkgutil
import re
from dataclasses import dataclass
from functools import cache

from wizard.text.messages import language, tr

RULES_PACKAGE = "wizard.diagnose.rules"
HEADINGS = (
    "What it is", "Why it hurts", "What shows it", "The fix", "What does not help", "References",
)  # fmt: skip
"""The headings of each file below its title, in this order and in every language."""

_REFERENCE = re.compile(r"- <(https://[^<>\s]+)>")
_TITLE = re.compile(r"# ([a-z0-9-]+): (\S.*)")


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text of a failure mode.

    After the title, one field for each of `HEADINGS`: tuples of paragraphs, then URLs of sources.
    """

    id: str
    title: str
    description: tuple[str, ...]
    impact: tuple[str, ...]
    symptoms: tuple[str, ...]
    fix: tuple[str, ...]
    myths: tuple[str, ...]
    references: tuple[str, ...]

    @property
    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The headings with their paragraphs, without the references."""
        return (
            (tr("What it is"), self.description),
            (tr("Why it hurts"), self.impact),
            (tr("What shows it"), self.symptoms),
            (tr("The fix"), self.fix),
            (tr("What does not help"), self.myths),
        )


@cache
def read_rule_text(id: str) -> RuleText:
    """Read the text of a rule.

    Raises:
        FileNotFoundError: The rule has no Markdown file.
        ValueError: The file lacks a heading, or has one twice, in another order or of another name.
    """
    name = f"{id.replace('-', '_')}.md"
    content = _translated(name) or _content(RULES_PACKAGE, name)
    if content is None:
        raise FileNotFoundError(
            tr(
                "{name} is missing beside its rule: {rules_package}",
                name=name,
                rules_package=RULES_PACKAGE,
            )
        )
    text = parse_rule_text(content.decode("utf-8"), name)
    if text.id != id:
        raise ValueError(
            tr(
                "{name}: its title names {named}, not {expected}",
                name=name,
                named=text.id,
                expected=id,
            )
        )
    return text


def _translated(name: str) -> bytes | None:
    """The file in the language in use; None for English, which lies beside the rule."""
    if language() == "en":
        return None
    return _content("wizard", f"locale/{language()}/failure-modes/{name}")


def _content(package: str, name: str) -> bytes | None:
    try:
        return pkgutil.get_data(package, name)
    except FileNotFoundError:
        return None


def parse_rule_text(markdown: str, name: str) -> RuleText:
    """Parse the Markdown of one rule; `name` is the file's name for error messages.

    Raises:
        ValueError: As `read_rule_text`.
    """
    head, *sections = re.split(r"^## ", markdown, flags=re.MULTILINE)
    title = _TITLE.fullmatch(head.strip())
    if title is None:
        raise ValueError(
            tr("{name}: the file must begin with '# ID: TITLE' and then '## …'", name=name)
        )
    parts = [section.partition("\n") for section in sections]
    _require_headings(tuple(heading.strip() for heading, _, _ in parts), name)
    bodies = [body for _, _, body in parts]
    for heading, body in zip(HEADINGS, bodies, strict=True):
        if not body.strip():
            raise ValueError(tr("{name}: no text below '## {heading}'", name=name, heading=heading))
    what, impact, symptoms, fix, myths = map(_paragraphs, bodies[:-1])
    references = _references(bodies[-1], name)
    return RuleText(title[1], title[2], what, impact, symptoms, fix, myths, references)


def _require_headings(headings: tuple[str, ...], name: str) -> None:
    if headings == HEADINGS:
        return
    missing = [heading for heading in HEADINGS if heading not in headings]
    unknown = [heading for heading in headings if heading not in HEADINGS]
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    problems = (("missing", missing), ("unknown", unknown), ("twice", twice))
    text = "; ".join(f"{label}: {', '.join(names)}" for label, names in problems if names)
    raise ValueError(
        tr(
            "{name}: headings {text}",
            name=name,
            text=text or tr("in another order than ") + ", ".join(HEADINGS),
        )
    )


def _paragraphs(body: str) -> tuple[str, ...]:
    """The paragraphs of a section, each on one line."""
    blocks = re.split(r"\n\s*\n", body)
    return tuple(" ".join(block.split()) for block in blocks if block.strip())


def _references(body: str, name: str) -> tuple[str, ...]:
    lines = [line for line in body.splitlines() if line.strip()]
    links = [_REFERENCE.fullmatch(line) for line in lines]
    for line, link in zip(lines, links, strict=True):
        if link is None:
            raise ValueError(
                tr(
                    "{name}: a reference must read '- <https://…>', not {line!r}",
                    name=name,
                    line=line,
                )
            )
    return tuple(link[1] for link in links if link)
