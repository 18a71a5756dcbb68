"""A finite answer that a cache gives to every client, beside answers that differ or are short."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.events import Chunk, Ended, SseEvent
from wizard.model.probe_result import ProbeResult

CACHED = {"proxy_buffering": "off", "proxy_cache": "one"}
OLD, FIRST, SECOND = ("abc", "def", "ghi")


def with_answer(result: ProbeResult, data: Sequence[str]) -> ProbeResult:
    """The result of a stream that ended with these events."""
    at = 1.0
    timeline = replace(result.timeline, tail=(), events=0, arrivals=(), ended=None)
    events = [SseEvent(at, "message", text, "") for text in data]
    timeline = timeline.fold([Chunk(at, 300, 300, items=len(data)), *events, Ended(at, "eof")])
    return replace(result, timeline=timeline, outcome="ended")


def case_of(*answers: str, settings: dict[str, str] = CACHED) -> Case:
    case = make_case(proxy="live", direct="live", settings=settings)
    results = [
        with_answer(*each) for each in zip((*case.proxy, *case.direct), answers, strict=True)
    ]
    return replace(case, proxy=tuple(results[:2]), direct=tuple(results[2:]))


def test_the_same_answer_twice_where_each_direct_one_is_new() -> None:
    (cause,) = diagnose(case_of(OLD, OLD, FIRST, SECOND)).causes
    assert (cause.id, cause.confidence) == ("cache-replay", "likely")


@pytest.mark.parametrize(
    "case",
    [
        case_of(OLD, FIRST, FIRST, SECOND),
        case_of(OLD, OLD, OLD, SECOND),  # the backend gives this answer as well
        case_of(OLD, OLD, FIRST, FIRST),  # the backend gives the same answer to every client
        case_of("ab", "ab", "cd", "ef"),  # too short
        case_of(OLD, OLD, FIRST, SECOND, settings={"proxy_buffering": "off"}),
    ],
)
def test_no_copy_is_shown(case: Case) -> None:
    assert "cache-replay" not in [cause.id for cause in diagnose(case).causes]
