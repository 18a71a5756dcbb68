"""Outcomes of probes that ask for a WebSocket."""

from dataclasses import replace

import pytest

from wizard.diagnose.outcome import classify, is_well
from wizard.model.events import Chunk, Connected, Ended, Headers, ProbeEvent, SseEvent, Upgraded
from wizard.model.probe import Probe
from wizard.model.probe_result import Outcome
from wizard.model.timeline import Timeline

PROBE = Probe("sse-proxy", "http://p/ws", upgrade=True)
CONNECTED = Timeline(PROBE).fold([Connected(0.01)])
OPEN = CONNECTED.fold([Headers(0.02, 101, "1.1", ()), Upgraded(0.02)])
LEFT = Ended(5.0, "open")
NO_CLOSE = "the connection ended without a close frame"


def messages(*times: float) -> list[ProbeEvent]:
    return [
        event
        for at in times
        for event in (Chunk(at, 10, 10, items=1), SseEvent(at, "text", "x", ""))
    ]


def answer(status: int, media_type: str = "text/plain") -> Timeline:
    headers = (("content-type", media_type), ("content-length", "3"))
    return CONNECTED.fold(
        [Headers(0.02, status, "1.1", headers), Chunk(0.02, 3, 3), Ended(0.03, "eof")]
    )


IDLE = OPEN.fold([LEFT])
STEADY = OPEN.fold([*messages(0.1, 0.6, 1.1, 1.6, 2.1), LEFT])
CUT = OPEN.fold([*messages(0.1), Ended(1.1, "reset", NO_CLOSE)])
CLOSED = OPEN.fold(
    [*messages(0.1), Ended(1.1, "eof", "closed by the server: 1008 (no token)", 1008)]
)

DONE = OPEN.fold([*messages(0.1), Ended(1.1, "eof", "closed by the server: 1000", 1000)])

CASES: dict[str, tuple[Timeline, tuple[Timeline, ...], Outcome, str]] = {
    "open": (OPEN, (), "live", "WebSocket open after 20 ms, 0 messages"),
    "idle-beside-idle": (IDLE, (IDLE,), "live", ""),
    "idle-alone": (IDLE, (), "live", ""),
    "steady": (STEADY, (STEADY,), "live", "5 messages"),
    "nothing-beside-messages": (IDLE, (STEADY,), "stalled", "the direct probe has 5 more"),
    "nothing-yet": (
        OPEN.fold([Ended(0.3, "open")]), (OPEN.fold([*messages(0.29), LEFT]),), "live", ""
    ),
    "messages-in-one-burst": (OPEN.fold([*messages(*[4.0] * 9), LEFT]), (STEADY,), "bursts", ""),
    "an-end-of-one-is-missing": (
        OPEN.fold([Chunk(0.1, 500, 500, pending=500), LEFT]), (STEADY,), "tail-held", ""
    ),
    "opened-late": (
        CONNECTED.fold([Headers(3.0, 101, "1.1", ()), Upgraded(3.0), LEFT]),
        (IDLE,), "late", "WebSocket open only after 3.00 s",
    ),
    "cut": (CUT, (STEADY,), "cut", NO_CLOSE),
    "cut-alone": (CUT, (), "cut", NO_CLOSE),
    "closed-where-the-direct-one-is-open": (CLOSED, (STEADY,), "cut", "1008 (no token)"),
    "closed-on-both-sides": (CLOSED, (CLOSED,), "ended", "1008 (no token)"),
    "done-on-both-sides": (DONE, (DONE,), "ended", "1000"),
    "closed-alone": (CLOSED, (), "ended", "1008 (no token)"),
    "refused": (answer(400), (IDLE,), "status", "HTTP 400 instead of 101"),
    "a-page": (answer(200, "text/html"), (IDLE,), "not-a-stream", "HTTP 200 instead of 101"),
    "a-stream": (answer(200, "text/event-stream"), (IDLE,), "not-a-stream", "HTTP 200"),
    "redirect": (answer(307), (), "redirect", "307 to nowhere"),
    "not-the-right-101": (
        CONNECTED.fold([Headers(0.02, 101, "1.1", ()), Ended(0.02, "reset", "no WebSocket: x")]),
        (IDLE,), "status", "HTTP 101, but no WebSocket: x",
    ),
    "no-answer": (CONNECTED.fold([LEFT]), (IDLE,), "held", ""),
}  # fmt: skip
WELL = {"open", "idle-beside-idle", "idle-alone", "steady", "nothing-yet", "done-on-both-sides"}


@pytest.mark.parametrize("name", CASES)
def test_outcome(name: str) -> None:
    timeline, direct, outcome, why = CASES[name]
    result = classify(timeline, direct)
    assert (result.outcome, why in result.why) == (outcome, True), result.why
    assert is_well(result, None) == (name in WELL)


def test_a_stream_is_no_answer_to_an_upgrade() -> None:
    endless = replace(answer(200, "text/event-stream"), ended="open")
    assert not endless.is_stream
    assert replace(endless, probe=replace(PROBE, upgrade=False)).is_stream
