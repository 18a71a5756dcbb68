"""An investigation through its case file and back: what must be the same."""

import json
import re
from collections.abc import Mapping
from typing import Any

from wizard.diagnose.diagnose import diagnose
from wizard.investigation.casefile import dump, load
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.report import render


def reopened(investigation: Investigation) -> SavedInvestigation:
    """From the text that a case file would hold."""
    return SavedInvestigation(load(dump(record_of(investigation)), "case.json"))


def assert_same(known: Investigation) -> None:
    """What is opened says what the run said that saved it: conclusion, fix, the whole report."""
    again = reopened(known)
    assert diagnose(again.case) == diagnose(known.case)
    assert again.recommendation == known.recommendation
    assert again.steps == known.steps
    assert report(again) == report(known)


def report(known: Investigation) -> Mapping[str, Any]:
    """The JSON report, without what only a reopened case says."""
    made: dict[str, Any] = json.loads(
        render(
            "json",
            case=known.case,
            diagnosis=diagnose(known.case),
            recommendation=known.recommendation,
            steps=known.steps,
            elapsed_s=0,
        )
    )
    return made


def pseudonyms(text: str) -> set[str]:
    """Those that stand in a text."""
    return set(re.findall(r"redacted-[0-9]+", text))
