"""What proves a fix, on cases before and after it."""

import json
from dataclasses import replace
from typing import Literal

import pytest

from tests.rules.samples.build import PROXY_URL, make_case, make_handshake
from tests.rules.test_confidence import answered, with_metadata
from wizard.investigation.attempts import attempt_of
from wizard.investigation.proof import ROUNDS, conclude, plan_proof, prove, rate_proof
from wizard.model.case import Case
from wizard.model.handshake import Exchange
from wizard.model.probe_result import Outcome
from wizard.model.steps import State
from wizard.model.timeline import Timeline

OFF = {"proxy_buffering": "off", "proxy_read_timeout": "1h"}
LIVE = make_case(proxy="live", direct="live", settings=OFF)


def ended(case: Case, outcome: Outcome, ending: str, age_s: float) -> Case:
    """The case with all proxied streams ended like this at this age."""
    results = []
    for result in case.proxy:
        timeline = replace(result.timeline, ended=ending, waited_s=age_s)  # type: ignore[arg-type]
        results.append(replace(result, timeline=timeline, outcome=outcome))
    return replace(case, proxy=tuple(results))


def proof(before: Case, after: Case = LIVE, **changes: object) -> Case:
    """The case of a verification, after which the probes are those of `after`."""
    return replace(after, baseline=attempt_of(before), **changes)  # type: ignore[arg-type]


def rate_verify(case: Case) -> tuple[State, str]:
    """The state of step 8 after a verification of this case, and why."""
    return rate_proof(prove(case, 0.0))


def with_cause(case: Case, *ids: str) -> Case:
    """The case with these causes before."""
    assert case.baseline is not None
    found = attempt_of(HELD).diagnosis
    assert found is not None
    causes = tuple(replace(found.causes[0], id=id) for id in ids)
    baseline = replace(case.baseline, diagnosis=replace(found, causes=causes))
    return replace(case, baseline=baseline)


HELD = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
CUT = ended(LIVE, "cut", "eof", 61.0)


def test_a_held_stream_that_is_live_is_fixed() -> None:
    state, why = rate_verify(proof(HELD))
    assert (state, why) == ("pass", "fixed: 2 of 2 requests held before, all live now")


def test_a_stream_that_is_still_held_is_not_fixed() -> None:
    state, why = rate_verify(proof(HELD, HELD))
    assert state == "fail"
    assert why.startswith("not fixed yet: ")


def test_a_cut_is_not_proven_by_a_short_watch() -> None:
    case = proof(CUT, ended(LIVE, "live", "open", 0.7))
    state, why = rate_verify(case)
    assert state == "warn"
    assert "live for 700 ms now, and the cut came after 61.00 s" in why
    assert "--patience 65" in why


def test_a_cut_is_proven_by_a_watch_that_outlives_it() -> None:
    case = proof(CUT)
    needed_s = plan_proof(case).needed_s
    assert needed_s > 61.0
    assert (
        rate_verify(replace(case, proxy=ended(LIVE, "live", "open", needed_s).proxy))[0] == "pass"
    )


def test_a_cut_is_watched_for_as_long_as_it_took_within_reason() -> None:
    assert plan_proof(proof(CUT)).watch_s == plan_proof(proof(CUT)).needed_s
    assert plan_proof(proof(ended(LIVE, "cut", "eof", 3600.0))).watch_s == 0.0


def test_a_standing_stream_that_was_cut_is_watched_too() -> None:
    handshake = make_handshake("proxy", transport="streamable-http")
    stream = replace(LIVE.proxy[0].timeline, ended="eof", waited_s=3.0)
    handshake = replace(handshake, exchanges=(*handshake.exchanges, Exchange("listen", stream)))
    before = replace(LIVE, handshakes=(handshake,))
    assert plan_proof(proof(before)).needed_s == pytest.approx(4.0)


def test_a_fault_of_chance_is_tried_several_times() -> None:
    case = proof(HELD)
    assert plan_proof(case).rounds == 1
    assert plan_proof(with_cause(case, "no-affinity")).rounds == ROUNDS


def test_a_cause_that_is_still_found_is_not_fixed() -> None:
    """All probes are live, and the config still leads elsewhere."""
    case = proof(LIVE, make_case(proxy="live", direct="live", settings=OFF))
    held = proof(HELD, replace(HELD, proxy=LIVE.proxy))
    assert rate_verify(case)[0] == "pass"
    assert rate_verify(with_cause(held))[0] == "pass"


def test_a_cause_that_only_the_log_showed_is_not_proven() -> None:
    case = proof(LIVE)
    assert case.baseline is not None
    baseline = replace(case.baseline, log_causes=("header-timeout-504",))
    case = replace(case, baseline=baseline)
    state, why = rate_verify(case)
    assert state == "warn"
    assert "only the log showed this" in why


def test_a_cause_that_only_the_log_named_is_proven_where_our_own_requests_met_it() -> None:
    refused = proof(make_case(proxy="502", proxy_gzip="502", direct="live", settings=OFF))
    assert rate_verify(with_log_cause(refused, "error-page-masks"))[0] == "pass"
    assert rate_verify(with_log_cause(refused, "keepalive-race"))[0] == "warn", "it is by chance"


def with_log_cause(case: Case, id: str) -> Case:
    """The case with this cause before, which only the log showed."""
    case = with_cause(case, id)
    assert case.baseline is not None
    return replace(case, baseline=replace(case.baseline, log_causes=(id,)))


@pytest.mark.parametrize(("changed", "remark"), [(None, ""), (True, ""), (False, "unchanged")])
def test_an_unchanged_config_is_mentioned(changed: bool | None, remark: str) -> None:
    _, why = rate_verify(proof(HELD, config_changed=changed))
    assert ("unchanged" in why) == bool(remark)


def test_a_fault_in_nginx_is_not_fixed_while_its_config_is_as_before() -> None:
    """It only rests, as a peer that is marked as down; with a change it is fixed."""
    unchanged = proof(HELD, config_changed=False)
    assert prove(unchanged, 5.0).outcome == "not-proven"
    assert "it may come back" in prove(unchanged, 5.0).why
    assert prove(proof(HELD, config_changed=True), 5.0).outcome == "fixed"
    # The config was not read again: nothing speaks against the change.
    assert prove(proof(HELD), 5.0).outcome == "fixed"
    elsewhere = with_fix_in(unchanged, "backend")
    assert prove(elsewhere, 5.0).outcome == "fixed"


def with_fix_in(case: Case, where: Literal["nginx", "backend"]) -> Case:
    """The case with the fix of its first cause in this place."""
    assert case.baseline is not None
    assert case.baseline.diagnosis is not None
    causes = tuple(
        replace(cause, fix=replace(cause.fix, where=where))
        for cause in case.baseline.diagnosis.causes
    )
    diagnosis = replace(case.baseline.diagnosis, causes=causes)
    return replace(case, baseline=replace(case.baseline, diagnosis=diagnosis))


def test_a_probe_without_data_needs_no_watch() -> None:
    assert plan_proof(replace(LIVE, baseline=None)).needed_s == 0.0
    assert Timeline(LIVE.proxy[0].timeline.probe).waited_s is None


def test_what_was_broken_stays_the_conclusion_after_a_fix() -> None:
    case = proof(HELD)
    assert conclude(case).verdict == "healthy"  # nothing was verified yet
    fixed = replace(case, proof=prove(case, 5.0))
    assert fixed.is_fixed
    assert conclude(fixed).causes == attempt_of(HELD).diagnosis.causes  # type: ignore[union-attr]


def test_an_unproven_fix_is_neither_fixed_nor_healthy() -> None:
    case = proof(CUT, ended(LIVE, "live", "open", 0.7))
    case = replace(case, proof=prove(case, 5.0))
    assert not case.is_fixed
    assert conclude(case).verdict != "healthy"


def test_a_verification_without_a_change_never_says_fixed() -> None:
    for case in (HELD, CUT, LIVE):
        assert prove(proof(case, case), 5.0).outcome in ("not-fixed", "not-proven", "live")


def test_what_was_not_decided_before_is_not_fixed_by_an_answer() -> None:
    """HTTP/2 that is not offered, a silent stream and an interrupted request show no fault."""
    for outcome in ("not-offered", "silent", "interrupted"):
        results = tuple(replace(result, outcome=outcome) for result in LIVE.proxy[1:])
        before = replace(LIVE, proxy=(LIVE.proxy[0], *results))
        assert prove(proof(before), 5.0).outcome == "live"


@pytest.mark.parametrize(
    ("status", "resource", "state"),
    [
        (200, PROXY_URL, "pass"),
        (200, "http://inner:8081/sse", "fail"),
        (404, PROXY_URL, "fail"),
        (503, PROXY_URL, "fail"),
    ],
)
def test_metadata_that_can_be_got_is_fixed_while_the_stream_asks_for_a_token(
    status: int, resource: str, state: State
) -> None:
    now = with_metadata(answered(status, json.dumps({"resource": resource})))
    case = with_cause(proof(HELD, now, config_changed=True), "oauth-metadata-lost")
    assert rate_verify(case)[0] == state
    assert rate_verify(with_cause(case, "auth-gate"))[0] == "fail"
