"""When a stream is called healthy, and what is said of what was not seen."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_follow_up, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.probe_result import Outcome, ProbeResult

LIVE = make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"})


def test_live_streams_and_a_complete_handshake_are_healthy() -> None:
    assert diagnose(LIVE).verdict == "healthy"
    both = replace(LIVE, handshakes=(make_handshake("proxy"), make_handshake("direct")))
    assert diagnose(both).verdict == "healthy"


def first_with(case: Case, outcome: Outcome) -> Case:
    """Let the first proxied probe have this outcome."""
    first = replace(case.proxy[0], outcome=outcome, why=f"it is {outcome}")
    return replace(case, proxy=(first, *case.proxy[1:]))


@pytest.mark.parametrize("outcome", ["running", "interrupted", "silent", "no-event", "status"])
def test_a_probe_that_is_not_live_is_not_healthy(outcome: Outcome) -> None:
    diagnosis = diagnose(first_with(LIVE, outcome))
    assert diagnosis.verdict == "inconclusive"


def test_a_probe_that_was_not_made_shows_nothing() -> None:
    assert diagnose(first_with(LIVE, "not-offered")).verdict == "healthy"
    unmade = tuple(replace(result, outcome="not-asked") for result in LIVE.proxy)
    diagnosis = diagnose(replace(LIVE, proxy=unmade))
    assert diagnosis.verdict == "inconclusive"
    assert diagnosis.summary == "The stream was not probed through the proxy."


def test_an_unfinished_step_is_not_healthy() -> None:
    assert diagnose(replace(LIVE, unfinished=("proxy",))).verdict == "inconclusive"


@pytest.mark.parametrize("status", [0, 404, 500])
def test_lost_messages_are_not_healthy(status: int) -> None:
    pings = tuple(make_follow_up("affinity", status, side="proxy") for _ in range(6))
    handshakes = (make_handshake("proxy"), make_handshake("direct"))
    case = replace(LIVE, handshakes=handshakes, follow_ups=pings)
    assert diagnose(case).verdict != "healthy"


def test_what_was_not_compared_is_said() -> None:
    assert "Not compared" not in " ".join(diagnose(LIVE).notes)
    alone = replace(LIVE, direct=(), target=replace(LIVE.target, direct=()))
    results = tuple(replace(result, arrivals=None) for result in alone.proxy)
    diagnosis = diagnose(replace(alone, proxy=results))
    assert diagnosis.verdict == "healthy"
    assert diagnosis.notes[0].startswith("Not compared with the backend (no direct URL was given)")


@pytest.mark.parametrize(("watched_s", "is_said"), [(0.6, True), (59.0, True), (61.0, False)])
def test_how_long_a_live_stream_was_watched_is_said(watched_s: float, is_said: bool) -> None:
    """What cuts it later was not looked for."""
    results = tuple(
        replace(each, timeline=replace(each.timeline, waited_s=watched_s)) for each in LIVE.proxy
    )
    diagnosis = diagnose(replace(LIVE, proxy=results))
    assert diagnosis.verdict == "healthy"
    assert any("--patience" in note for note in diagnosis.notes) == is_said


def with_pings_alone(results: tuple[ProbeResult, ...]) -> tuple[ProbeResult, ...]:
    return tuple(
        replace(each, timeline=replace(each.timeline, events=0, comments=2)) for each in results
    )


def test_pings_alone_are_no_event() -> None:
    """A client that waits for an event waits for the backend, not for Nginx."""
    proxy, direct = with_pings_alone(LIVE.proxy), with_pings_alone(LIVE.direct)
    diagnosis = diagnose(replace(LIVE, proxy=proxy, direct=direct))
    assert diagnosis.verdict == "healthy"
    assert "there and from the backend itself" in diagnosis.summary
    assert "no event was seen" not in diagnose(replace(LIVE, proxy=proxy)).summary
