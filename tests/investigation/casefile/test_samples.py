"""Each rule's sample cases have the same diagnosis after a round trip through a case file."""

import pytest

from tests.rules.samples import WHICH, Which, sample
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.recommend import recommend
from wizard.text.marks import MARKS

SAMPLES = [(rule.id, which) for rule in all_rules() for which in WHICH]


@pytest.mark.parametrize(("id", "which"), SAMPLES)
def test_a_stored_sample_has_the_same_diagnosis(id: str, which: Which) -> None:
    case = sample(id, which)
    text = dump(CaseRecord(case))
    loaded = load(text, "case.json")
    before, after = diagnose(case), diagnose(loaded.case)
    assert after.verdict == before.verdict
    assert [(cause.id, cause.confidence) for cause in after.causes] == [
        (cause.id, cause.confidence) for cause in before.causes
    ]
    assert after.risks == before.risks
    assert (after.summary, after.notes) == (before.summary, before.notes)
    assert recommend(loaded.case, after) == recommend(case, before)
    assert not loaded.notes
    assert dump(loaded) == dump(load(dump(loaded), "case.json"))


@pytest.mark.parametrize(("id", "which"), SAMPLES)
def test_no_word_of_a_diagnosis_is_masked(id: str, which: Which) -> None:
    """After all secrets of the case are known, which writing its case file finds."""
    case = sample(id, which)
    dump(CaseRecord(case))
    text = repr(diagnose(case))
    assert MARKS.redact_known(text) == text
