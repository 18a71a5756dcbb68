"""Whether what a diagnosis says was measured or read in its case."""

import re
from collections.abc import Iterator

from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.diagnosis import Finding

_WORDS = {
    "direct": re.compile(r"(?i)\bdirect(ly)?\b|\b(backend|it) itself (accepts|answers|sends|is)\b"),
    "config": re.compile(r"(?i)\b(the|this|by) config\b|\bin force\b"),
    "logs": re.compile(r"(?i)\blog(s|ged)?\b"),
    "handshakes": re.compile(r"(?i)\bhandshake (is|was) (complete|done)|\bPOST is answered\b"),
}
"""What speaks of a part of the evidence."""
_UNSEEN = re.compile(
    r"(?i)\b(without the|only the|would|whether|give|nothing shows|tells which|or by|"
    r"(not|no \w+) (known|shown|measured|checked|tried|made|was|were|answered))\b|--\w"
)
"""What a sentence has that says what was not seen, or how to see it."""
_PLACES = {"direct": re.compile("-direct\\b"), "handshakes": re.compile(r"^mcp-")}
_KINDS = {"config": "config", "logs": "log"}


def untrue_texts(case: Case, missing: str) -> Iterator[str]:
    """The texts of findings that speak of missing parts of the evidence as if they were there.

    `missing` are names of `PARTS` with spaces between, as `reduced_cases` gives them.
    """
    diagnosis = diagnose(case)
    for part in missing.split():
        if part in _WORDS:
            for finding in (*diagnosis.causes, *diagnosis.risks):
                yield from (f"{finding.id}: {text}" for text in _untrue(finding, part))


def _untrue(finding: Finding, part: str) -> Iterator[str]:
    place = _PLACES.get(part)
    for item in finding.evidence:
        if item.kind == _KINDS.get(part) or (place and place.search(item.where)):
            yield f"{item.kind} {item.where}: {item.text}"
        elif item.kind != "log" and _speaks_of(item.text, part):
            yield item.text
    if _speaks_of(finding.distinguishes, part):
        yield finding.distinguishes


def _speaks_of(text: str, part: str) -> bool:
    sentences = re.split(r"(?<=[.;:])\s", text)
    spoken = (sentence for sentence in sentences if _WORDS[part].search(sentence))
    return any(not _UNSEEN.search(sentence) for sentence in spoken)
