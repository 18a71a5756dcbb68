"""Answers that a backend collects, in whole or in parts."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.timeline import Arrival, Timeline

LENGTH, CHUNKED = ("content-length", "160"), ("transfer-encoding", "chunked")


def all_at_once(timeline: Timeline, at: float, framing: tuple[str, str]) -> Timeline:
    """Sixteen events that arrive at one moment, and the end."""
    headers = (("content-type", "text/event-stream"), framing)
    arrival = Arrival(at, 160, 16, 0)
    headed = replace(timeline, headers_s=at, first_byte_s=at, first_data_s=at, last_byte_s=at)
    body = replace(headed, arrivals=(arrival,), events=16, bytes=160, decoded=160)
    return replace(body, headers=headers, ended="eof", waited_s=at)


def case_of(at: float, framing: tuple[str, str]) -> Case:
    case = make_case(proxy="live", direct="live", settings={"proxy_buffering": "on"})
    direct = [all_at_once(each.timeline, at, framing) for each in case.direct]
    proxied = tuple(
        classify(all_at_once(each.timeline, at, framing), direct) for each in case.proxy
    )
    return replace(case, direct=tuple(map(classify, direct)), proxy=proxied)


@pytest.mark.parametrize(
    ("at", "framing", "expected"),
    [(8.0, LENGTH, ["backend-buffers"]), (8.0, CHUNKED, []), (0.05, LENGTH, [])],
    ids=["collected", "computed", "soon"],
)
def test_an_answer_that_is_collected_whole(
    at: float, framing: tuple[str, str], expected: list[str]
) -> None:
    diagnosis = diagnose(case_of(at, framing))
    assert [cause.id for cause in diagnosis.causes] == expected
    assert (diagnosis.verdict == "fault") == bool(expected)
