"""Write an investigation to a case file, open it, and compare."""

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
    """The investigation, opened from the text of its case file."""
    return SavedInvestigation(load(dump(record_of(investigation)), "case.json"))


def assert_same(investigation: Investigation) -> None:
    """Assert that the opened case has the same conclusion, fix, steps and report."""
    opened = reopened(investigation)
    assert diagnose(opened.case) == diagnose(investigation.case)
    assert opened.recommendation == investigation.recommendation
    assert opened.steps == investigation.steps
    assert report(opened) == report(investigation)


def report(investigation: Investigation) -> Mapping[str, Any]:
    """The JSON report, without the notes that only an opened case has."""
    document: dict[str, Any] = json.loads(
        render(
            "json",
            case=investigation.case,
            diagnosis=diagnose(investigation.case),
            recommendation=investigation.recommendation,
            steps=investigation.steps,
            elapsed_s=0,
        )
    )
    return document


def pseudonyms(text: str) -> set[str]:
    """The pseudonyms of secrets in a text."""
    return set(re.findall(r"redacted-[0-9]+", text))
