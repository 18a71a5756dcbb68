"""What a case file gives back leads to the same diagnosis, for each rule's own samples."""

import pytest

from tests.rules.samples import WHICH, Which, sample
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.recommend import recommend

SAMPLES = [(rule.id, which) for rule in all_rules() for which in WHICH]


@pytest.mark.parametrize(("id", "which"), SAMPLES)
def test_a_stored_sample_is_diagnosed_as_it_was(id: str, which: Which) -> None:
    case = sample(id, which)
    text = dump(CaseRecord(case))
    again = load(text, "case.json")
    before, after = diagnose(case), diagnose(again.case)
    assert after.verdict == before.verdict
    assert [(one.id, one.confidence) for one in after.causes] == [
        (one.id, one.confidence) for one in before.causes
    ]
    assert after.risks == before.risks
    assert (after.summary, after.notes) == (before.summary, before.notes)
    assert recommend(again.case, after) == recommend(case, before)
    assert not again.notes
    assert dump(again) == dump(load(dump(again), "case.json"))
