"""After a verification the case file, the reports, the exit text and the exit status agree.

Every rule's sample is verified twice: without a change, and with one after which all works.
"""

import json
import re
from dataclasses import replace

import pytest

from screens.exit_text import exit_text
from tests.rules.samples import sample
from tests.rules.samples.build import make_case
from tests.screens.investigations import FakeInvestigation
from wizard.cli.check import exit_status
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.attempts import attempt_of
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.investigation.proof import PROOF_STATES, prove
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepState
from wizard.report import render

AT = 1_795_777_200.0
CONF = """\
http { server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off;
proxy_read_timeout 1h; proxy_http_version 1.1; } } }
"""
WELL = make_case(proxy="live", direct="live", conf=CONF)
IDS = [rule.id for rule in all_rules()]


def verified(before: Case, now: Case) -> Case:
    """The case after a verification, in which the requests were answered as in `now`."""
    case = replace(
        before,
        baseline=attempt_of(before),
        proxy=now.proxy,
        handshakes=now.handshakes,
        follow_ups=now.follow_ups,
        resolution=now.resolution,
        root_resolution=now.root_resolution,
        message_resolution=now.message_resolution,
        predictions=now.predictions,
        config_changed=None if now is before else True,
    )
    return replace(case, proof=prove(case, AT))


def reopened(case: Case) -> FakeInvestigation:
    """The case, written after its verification and opened elsewhere."""
    assert case.proof is not None
    stored = load(dump(CaseRecord(case)), "case.json").case
    verify = StepState("verify", PROOF_STATES[case.proof.outcome], case.proof.why)
    states = (StepState("cause", "fail", "x"), StepState("fix", "pass", "x"), verify)
    return FakeInvestigation(stored, {state.id: state for state in states})


def reports(investigation: FakeInvestigation) -> dict[str, str]:
    """Every record of it, by its name."""
    diagnosis = investigation.diagnosis
    assert diagnosis is not None
    texts = {
        format: render(
            format,
            case=investigation.case,
            diagnosis=diagnosis,
            recommendation=investigation.recommendation,
            steps=investigation.steps,
            elapsed_s=1.0,
        )
        for format in ("text", "markdown", "html", "json")
    }
    return texts | {"exit": exit_text(investigation)}


def head(text: str) -> str:
    """The beginning of a report, with its answer."""
    return text.lstrip("# ")[:60].lower()


LABEL = re.compile(r"\bh[12] (?:identity|plain|gzip)\b")
STATE_IDS = re.compile(r"\| (?:pass|warn|fail|skip) \||^  (?:PASS|FAIL|warn|skip) ", re.MULTILINE)


@pytest.mark.parametrize("id", IDS)
def test_people_read_no_names_of_the_code(id: str) -> None:
    for name, text in reports(reopened(verified(case := sample(id, "fires"), case))).items():
        assert name == "json" or not LABEL.search(text), name
        assert not STATE_IDS.search(text), name


@pytest.mark.parametrize("id", IDS)
def test_without_a_change_nothing_is_fixed(id: str) -> None:
    case = sample(id, "fires")
    investigation = reopened(verified(case, case))
    assert not investigation.case.is_fixed
    records = reports(investigation)
    for name in ("text", "markdown", "exit"):
        assert not head(records[name]).startswith("fixed"), name
    assert ">FIXED<" not in records["html"]
    broken: Diagnosis = diagnose(case)
    data = json.loads(records["json"])
    assert data["proof"]["outcome"] != "fixed"
    if broken.verdict == "fault":
        assert data["verdict"] == "fault"
        assert exit_status(investigation) == 1


@pytest.mark.parametrize("id", IDS)
def test_after_a_fix_every_record_says_what_was_broken(id: str) -> None:
    case = sample(id, "fires")
    investigation = reopened(verified(case, WELL))
    broken, records = diagnose(case), reports(investigation)
    data = json.loads(records["json"])
    if not investigation.case.is_fixed:
        assert ">FIXED<" not in records["html"]
        assert not head(records["text"]).startswith("fixed")
        if broken.verdict != "healthy":
            assert not head(records["text"]).startswith("healthy")
        return
    assert data["verdict"] == "healthy"
    assert data["proof"]["outcome"] == "fixed"
    assert [each["id"] for each in data["proof"]["before"]["causes"]] == [
        cause.id for cause in broken.causes
    ]
    assert ">FIXED<" in records["html"]
    for name in ("text", "markdown", "exit"):
        assert head(records[name]).startswith("fixed"), name
        assert "2026-11-27 11:00:00 UTC" in records[name]
    for cause in broken.causes:
        assert all(cause.id in text for text in records.values())
    if not investigation.case.problems:
        assert exit_status(investigation) == 0
