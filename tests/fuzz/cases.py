"""Properties of case files: bytes, and changes of a file that is valid."""

import random
from typing import Any

from tests.fuzz.chunks import is_clean
from tests.hostile.cases.whole import as_bytes, attempt, places, whole_case
from wizard.investigation.casefile import CaseRecord, dump
from wizard.investigation.saved import SavedInvestigation
from wizard.report import render

_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**15, 1.5, 2**53, "", "x", "http://[", "../..", "\x1b[2J", "\u202e",
    "[redacted-7]", "Bearer eyJhbGciOiJIUzI1NiJ9", [], {}, [[]], ["a", "b"],
)  # fmt: skip


def case_bytes(data: bytes) -> None:
    """Any bytes are refused in one sentence, or shown."""
    _assert_shown_or_refused(attempt(data))


def changed_case(data: bytes) -> None:
    """A valid file with some changes is shown or refused, and written again alike."""
    chance = random.Random(data)
    whole = whole_case(chance.choice(("x", "GET", "a b", "http://h/")), chance.randint(0, 999))
    for _ in range(chance.randint(1, 6)):
        holder, key, _ = chance.choice(list(places(whole)))
        if chance.random() < 0.3:
            del holder[key]
        else:
            holder[key] = chance.choice(_ODD)
    record = attempt(as_bytes(whole))
    _assert_shown_or_refused(record)
    if isinstance(record, CaseRecord) and record.saved:
        text = dump(record)
        again = attempt(text.encode())
        assert isinstance(again, CaseRecord), again
        assert dump(again) == text


def _assert_shown_or_refused(record: CaseRecord | str) -> None:
    if isinstance(record, str):
        assert record.startswith("case.json: not a case file: ")
        assert is_clean(record, 400)
        return
    investigation = SavedInvestigation(record)
    investigation.conclude()
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    text = render(
        "text",
        case=investigation.case,
        diagnosis=diagnosis,
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=0,
    )
    assert all(is_clean(line) for line in text.split("\n"))
