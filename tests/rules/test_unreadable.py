"""Answers that cannot be read prove nothing: no rule takes one for silence, a cut or a hold."""

from dataclasses import replace
from itertools import product

import pytest

from tests.rules.samples.build import make_case, make_follow_up, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.probe_result import UNREADABLE_OUTCOMES
from wizard.model.vantage import Capabilities

KINDS = ["live", "held", "silent", "cut:1", "closed", "html", "404", "502", "504"]
SETTINGS = [{"proxy_buffering": "on"}, {"proxy_buffering": "off"}, {}]
LOGS = (
    "2026/11/23 16:00:00 [error] 1#1: *1 upstream sent no valid HTTP/1.0 header while reading "
    "response header from upstream, client: 10.0.0.1"
)


def sure_causes(diagnosis: Diagnosis) -> set[str]:
    return {cause.id for cause in diagnosis.causes if cause.confidence != "possible"}


@pytest.mark.parametrize("direct", [*KINDS, *UNREADABLE_OUTCOMES])
@pytest.mark.parametrize("proxy", UNREADABLE_OUTCOMES)
def test_through_the_proxy_none_is_explained_by_another_cause(proxy: str, direct: str) -> None:
    lines = (make_log_line(LOGS, client="sse-proxy h1 identity"),)
    for settings, logs in product(SETTINGS, ((), lines)):
        case = make_case(proxy=proxy, direct=direct, settings=settings, logs=logs)
        assert {result.outcome for result in case.proxy} == {proxy}
        diagnosis = diagnose(case)
        assert diagnosis.verdict == "inconclusive", diagnosis.causes
        assert case.proxy[0].why[:200] in diagnosis.summary


@pytest.mark.parametrize("proxy", KINDS)
@pytest.mark.parametrize("direct", UNREADABLE_OUTCOMES)
def test_a_direct_one_proves_no_more_than_no_direct_url(proxy: str, direct: str) -> None:
    for settings in SETTINGS:
        case = make_case(proxy=proxy, direct=direct, settings=settings)
        assert {result.outcome for result in case.direct} == {direct}
        alone = replace(make_case(proxy=proxy, direct=direct, settings=settings), direct=())
        assert sure_causes(diagnose(case)) <= sure_causes(diagnose(alone))
        for follow_up in ("root-direct", "free-worker", "second-of-two"):
            asked = replace(case, follow_ups=(make_follow_up(follow_up, 0),))
            assert "backend-blocked" not in sure_causes(diagnose(asked)), follow_up


@pytest.mark.parametrize("direct", UNREADABLE_OUTCOMES)
def test_a_live_stream_is_healthy_beside_a_direct_one_that_is_not_compared(direct: str) -> None:
    diagnosis = diagnose(make_case(proxy="live", direct=direct, settings={}))
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert any("Not compared" in note for note in diagnosis.notes), diagnosis.notes


@pytest.mark.parametrize("kind", UNREADABLE_OUTCOMES)
def test_what_to_look_at_is_said_in_place_of_buffering(kind: str) -> None:
    case: Case = replace(make_case(proxy=kind, direct=kind, settings={}), resolution=None)
    diagnosis = diagnose(case)
    notes = " ".join(diagnosis.notes)
    assert notes
    assert "proxy that holds" not in notes
    assert "would hold" not in notes


@pytest.mark.parametrize(("tool", "confidence"), [("wget", "possible"), ("curl", "confirmed")])
def test_silence_that_wget_sees_may_be_no_silence(tool: str, confidence: str) -> None:
    case = make_case(proxy="held", direct="held", settings={})
    seen = (Capabilities("local", tool),)
    (cause,) = diagnose(replace(case, capabilities=seen)).causes
    assert (cause.id, cause.confidence) == ("backend-silent", confidence)
    asked = replace(case, follow_ups=(make_follow_up("root-direct", 0),))
    is_blocked = "backend-blocked" in sure_causes(diagnose(replace(asked, capabilities=seen)))
    assert is_blocked == (tool != "wget")
