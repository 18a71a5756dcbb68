"""What this program may have delayed is no fault, and what it may have missed is not well."""

from collections.abc import Sequence

import pytest

from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.next_step import BUSY_ADVICE, next_step
from wizard.diagnose.outcome import classify
from wizard.diagnose.own_delay import without_hidden_requests
from wizard.model.case import Case, FollowUpResult
from wizard.model.events import Absent, Chunk, Connected, Ended, Ending, Headers, SseEvent
from wizard.model.handshake import Exchange, Handshake
from wizard.model.probe import Probe
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline

STREAM = (("content-type", "text/event-stream"),)
PROXIED, DIRECT = Probe("sse-proxy", "http://p/sse"), Probe("sse-direct", "http://d/sse")
Arrivals = Sequence[tuple[float, int, int]]
"""Time, events completed, bytes of an unfinished event."""


def stream(
    probe: Probe, arrivals: Arrivals, until: float, *absences: tuple[float, float],
    end: Ending = "open",
) -> Timeline:  # fmt: skip
    """A stream; each absence is its start and its end."""
    timeline = Timeline(probe).fold([Connected(0.01)])
    if arrivals:
        timeline = timeline.fold([Headers(arrivals[0][0], 200, "1.1", STREAM)])
    for at, items, pending in arrivals:
        size = 20 * items or 20
        timeline = timeline.fold([Chunk(at, size, size, items=items, pending=pending)])
        timeline = timeline.fold([SseEvent(at, "message", "x", "") for _ in range(items)])
    timeline = timeline.fold([Absent(to, to - since) for since, to in absences])
    return timeline.fold([Ended(until, end)])


def steady(until: float, step: float = 0.1) -> list[tuple[float, int, int]]:
    return [(0.02 + step * n, 1, 0) for n in range(round(until / step))]


def bursts(until: float, step: float, items: int) -> list[tuple[float, int, int]]:
    return [(0.02 + step * n, items, 0) for n in range(round(until / step))]


LIVE = stream(DIRECT, steady(2.0), 2.0)
LATE = [(0.9 + 0.1 * n, 1, 0) for n in range(10)]
TAIL = [(0.02, 1, 20), (1.0, 1, 20), (2.0, 1, 20)]
FAULTS: dict[str, tuple[Arrivals, float]] = {
    "late": (LATE, 2.0),
    "bursts": (bursts(2.0, 0.5, 5), 2.0),
    "tail-held": (TAIL, 2.5),
    "stalled": (steady(0.5), 2.0),
    "held": ([], 2.0),
}


@pytest.mark.parametrize("outcome", FAULTS)
def test_a_fault_is_judged_where_this_program_ran(outcome: str) -> None:
    arrivals, until = FAULTS[outcome]
    assert classify(stream(PROXIED, arrivals, until), [LIVE]).outcome == outcome
    short = stream(PROXIED, arrivals, until, (0.3, 0.35), (0.7, 0.75))
    assert classify(short, [LIVE]).outcome == outcome


@pytest.mark.parametrize(
    ("outcome", "absences"),
    [
        ("late", [(0.1, 0.89)]),
        ("bursts", [(0.05, 0.51), (0.55, 1.01), (1.05, 1.51)]),
        ("tail-held", [(0.1, 0.95), (1.1, 1.95), (2.05, 2.45)]),
        ("stalled", [(0.5, 1.95)]),
        ("held", [(0.1, 1.3)]),
    ],
)
def test_what_absences_explain_is_not_judged(
    outcome: str, absences: list[tuple[float, float]]
) -> None:
    arrivals, until = FAULTS[outcome]
    result = classify(stream(PROXIED, arrivals, until, *absences), [LIVE])
    assert (result.outcome, result.is_unjudged) == ("interrupted", True)
    assert result.outcome_label == "not judged"
    assert result.why.startswith("not judged: this machine was busy for ")


def test_a_late_stream_cannot_hide_behind_a_late_direct_probe() -> None:
    proxied = stream(PROXIED, [(1.0, 1, 0), (1.1, 1, 0)], 2.0)
    busy = stream(DIRECT, [(0.8, 1, 0), (0.9, 1, 0)], 2.0, (0.1, 0.79))
    assert classify(proxied, [busy]).is_unjudged


def test_bursts_cannot_hide_behind_a_direct_probe_that_was_read_in_bursts() -> None:
    absences = [(0.53 + 0.5 * n, 0.51 + 0.5 * (n + 1)) for n in range(4)]
    come = bursts(2.5, 0.5, 5)
    proxied, direct = (stream(each, come, 2.5, *absences) for each in (PROXIED, DIRECT))
    assert classify(proxied, [direct]).is_unjudged
    assert classify(stream(PROXIED, come, 2.5), [stream(DIRECT, come, 2.5)]).outcome == "live"


def test_a_live_stream_that_was_hardly_seen_is_not_judged() -> None:
    assert classify(stream(PROXIED, steady(0.5), 1.5, (0.2, 1.45))).is_unjudged
    assert classify(stream(PROXIED, steady(0.5), 1.5, (0.2, 0.5))).outcome == "live"


def test_a_live_stream_read_late_stays_live() -> None:
    came = [*steady(0.5), (0.9, 4, 0), *((0.92 + 0.1 * n, 1, 0) for n in range(8))]
    proxied, direct = (stream(each, came, 1.7, (0.5, 0.89)) for each in (PROXIED, DIRECT))
    assert classify(proxied, [direct]).outcome == "live"


def test_when_a_stream_ended_is_not_known_after_an_absence() -> None:
    cut = stream(PROXIED, steady(0.5), 3.0, (1.0, 2.99), end="reset")
    assert classify(cut, [LIVE]).is_unjudged
    assert classify(stream(PROXIED, steady(0.5), 3.0, end="reset"), [LIVE]).outcome == "cut"


def test_an_answer_that_is_no_stream_is_judged_at_any_time() -> None:
    refused = Timeline(PROXIED).fold(
        [Connected(0.01), Headers(2.0, 502, "1.1", ()), Absent(2.0, 1.9), Ended(2.0, "eof")]
    )
    assert classify(refused, [LIVE]).outcome == "status"


@pytest.mark.parametrize("absences", [[(0.1, 1.3)], [(0.1, 1.9)]])
def test_no_cause_is_named(absences: list[tuple[float, float]]) -> None:
    result = classify(stream(PROXIED, [], 2.0, *absences), [LIVE])
    case = Case(
        Target("http://p/sse", direct=(Source("http://d/sse"),)),
        proxy=(result,),
        direct=(classify(LIVE),),
    )
    diagnosis = diagnose(case)
    assert (diagnosis.verdict, diagnosis.causes) == ("inconclusive", ())
    assert "not judged: this machine was busy for" in diagnosis.summary
    assert next_step(case) == BUSY_ADVICE


def session(*absences: tuple[float, float]) -> Case:
    """A live stream whose MCP session got no answer within five seconds."""
    probe = Probe("mcp-proxy", "http://p/mcp")
    answer = Timeline(probe).fold([Connected(0.01)])
    answer = answer.fold([Absent(to, to - since) for since, to in absences])
    exchange = Exchange("initialize", answer.fold([Ended(5.0, "timeout", "no answer")]), 100)
    failed = Handshake(
        "proxy", probe.url, "streamable-http", "initialize", "no answer", exchanges=(exchange,)
    )
    done = Handshake("direct", "http://d/mcp", "streamable-http", "done")
    live = classify(stream(PROXIED, steady(2.0), 2.0), [LIVE])
    target = Target("http://p/sse", direct=(Source("http://d/sse"),))
    return Case(target, proxy=(live,), direct=(classify(LIVE),), handshakes=(failed, done))


def test_a_session_that_was_hardly_seen_is_not_judged() -> None:
    seen, hidden = diagnose(session((0.1, 0.5))), diagnose(session((0.1, 4.5)))
    assert "fails: no answer" in seen.summary
    assert (hidden.verdict, hidden.causes) == ("inconclusive", ())
    assert hidden.summary.startswith("The MCP session: not judged: this machine was busy for")


def test_a_further_request_that_was_hardly_seen_does_not_count() -> None:
    root = Timeline(Probe("root-direct", "http://d/")).fold([Connected(0.01)])
    silent = root.fold([Ended(2.0, "open")])
    unseen = root.fold([Absent(1.9, 1.5), Ended(2.0, "open")])
    sent = tuple(FollowUpResult("root-direct", each, "GET /") for each in (silent, unseen))
    case = Case(Target("http://p/sse"), follow_ups=sent)
    assert without_hidden_requests(case).follow_ups == sent[:1]


def test_absences_that_change_nothing_leave_every_fault() -> None:
    """The same arrivals with absences in which nothing came and nothing was waited for."""
    for outcome, (arrivals, until) in FAULTS.items():
        proxied = stream(PROXIED, arrivals, until, (0.0, 0.005))
        assert classify(proxied, [LIVE]).outcome == outcome
        assert outcome in HELD_OUTCOMES
