"""Streams that end early because of how Nginx asks: what shows it, and what speaks against it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of, finding_of
from tests.rules.samples.backend_ends_early import CONF, ending
from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.request_difference import AS_SENT, WITH, WITHOUT
from wizard.diagnose.outcome import classify
from wizard.diagnose.rules.backend_ends_early import message_settings
from wizard.model.case import Case, FollowUpResult
from wizard.model.events import SseEvent
from wizard.model.log_report import LogReport
from wizard.model.probe import Probe
from wizard.model.request_difference import Difference, Likeness
from wizard.model.timeline import Timeline
from wizard.recommend import recommend

VERSION = Difference("http-version", "", "1.1", "1.0")
CLOSE = Difference("connection", "Connection", None, "close")
HOST = Difference("host", "Host", "a", "b")
KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";'
TIMED_OUT = make_log_line(
    "2026/11/23 15:23:37 [error] 7#7: *1 upstream timed out (110: Connection timed out) while "
    'reading upstream, client: ::1, request: "GET /sse HTTP/1.1"'
)
READ = ending(CONF % "", after_s=0.01)


def asked(purpose: str, likeness: Likeness, *differences: Difference) -> FollowUpResult:
    timeline = Timeline(Probe("follow-up-direct", "http://127.0.0.1/sse"))
    return FollowUpResult(purpose, timeline, "asked", differences, likeness)


def measured(*asks: FollowUpResult) -> Case:
    return replace(READ, follow_ups=asks)


def without_data() -> Case:
    """The proxied answers end without an event, and the direct ones have all of theirs."""
    case = make_case(proxy="silent", direct="live", conf=CONF % "")
    direct = [replace(each.timeline, ended="eof", waited_s=0.4) for each in case.direct]
    proxied = (replace(each.timeline, ended="eof", waited_s=0.02) for each in case.proxy)
    return replace(
        case,
        proxy=tuple(classify(each, direct) for each in proxied),
        direct=tuple(map(classify, direct)),
    )


SERVED = asked(WITHOUT, "served", HOST)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (READ, "likely"),
        (without_data(), "likely"),
        (make_case(proxy="426", direct="live", conf=CONF % ""), "likely"),
        (make_case(proxy="426", direct="426", conf=CONF % ""), None),
        (ending(CONF % KEPT, 0.01), None),
        (ending(CONF % "proxy_http_version 1.1;", 0.01), "likely"),
        (ending((CONF % "").replace("12213", "1"), 0.01), None),
        (ending(CONF % "proxy_cache one;", 0.01), None),
        (replace(READ, direct=()), None),
        (replace(READ, resolution=None), None),
        (replace(READ, logs=(LogReport("error.log", (TIMED_OUT,), 1),)), None),
        (measured(asked(AS_SENT, "served")), None),
        (measured(asked(WITH, "alike", VERSION), SERVED), "confirmed"),
        (measured(asked(WITH, "alike", VERSION), asked(WITH, "alike", CLOSE), SERVED), "confirmed"),
        (measured(asked(WITH, "alike", HOST), asked(WITHOUT, "served", VERSION)), None),
    ],
)
def test_how_sure_it_is(case: Case, expected: str | None) -> None:
    assert confidence_of("backend-ends-early", case) == expected


@pytest.mark.parametrize(
    ("asks", "is_said"),
    [
        (
            (asked(WITH, "alike", VERSION), asked(WITH, "alike", CLOSE), SERVED),
            lambda text: "with Connection: close alone fails there so too" in text,
        ),
        (
            (asked(WITH, "alike", VERSION, CLOSE), SERVED),
            lambda text: "with HTTP/1.0, with Connection: close, and with nothing else" in text,
        ),
    ],
    ids=["each is enough", "both are needed"],
)
def test_it_says_what_was_enough(
    asks: tuple[FollowUpResult, ...], is_said: Callable[[str], bool]
) -> None:
    finding = finding_of("backend-ends-early", measured(*asks))
    assert finding is not None
    assert is_said(finding.distinguishes), finding.distinguishes


def with_error(case: Case) -> Case:
    """The same, the proxied answers ending with an error object."""
    error = SseEvent(0.006, "message", '{"error":{"message":"no token"}}', "")
    direct = [each.timeline for each in case.direct]
    proxied = (replace(each.timeline, tail=(error,)) for each in case.proxy)
    return replace(case, proxy=tuple(classify(each, direct) for each in proxied))


def test_an_answer_that_is_an_error_did_not_end_early() -> None:
    case = with_error(READ)
    assert {each.outcome for each in case.proxy} == {"ended"}
    assert all("no token" in each.why for each in case.proxy)
    diagnosis = diagnose(case)
    assert (diagnosis.verdict, diagnosis.causes) == ("inconclusive", ())


def test_an_error_where_a_header_is_dropped_is_a_question() -> None:
    case = with_error(ending(CONF % "proxy_set_header Accept '';", 0.01))
    assert [(each.id, each.confidence) for each in diagnose(case).causes] == [
        ("header-dropped", "possible")
    ]
    assert (
        confidence_of("header-dropped", ending(CONF % "proxy_set_header Accept '';", 0.01)) is None
    )


def reasons_of(*asks: FollowUpResult) -> dict[str, str]:
    case = measured(*asks)
    recommendation = recommend(case, diagnose(case))
    assert recommendation is not None
    return {line.text.strip(): line.reason for line in recommendation.lines}


REFUSED = make_case(proxy="426", direct="live").proxy[0].timeline
ENDED = READ.proxy[0].timeline


@pytest.mark.parametrize(
    ("difference", "timeline", "line", "reason"),
    [
        (VERSION, REFUSED, "proxy_http_version 1.1;", "with HTTP/1.0, the backend answers 426"),
        (VERSION, ENDED, "proxy_http_version 1.1;", "HTTP/1.0, the backend ends the stream"),
        (
            CLOSE,
            ENDED,
            "proxy_set_header Connection '';",
            "with Connection: close, the backend ends the stream",
        ),
    ],
)
def test_the_block_has_what_was_measured_alone(
    difference: Difference, timeline: Timeline, line: str, reason: str
) -> None:
    asked_with = replace(asked(WITH, "alike", difference), timeline=timeline)
    reasons = reasons_of(asked_with, SERVED)
    assert reason in reasons[line]
    other = {"proxy_http_version 1.1;", "proxy_set_header Connection '';"} - {line}
    assert other.isdisjoint(reasons)


@pytest.mark.parametrize(("proxy", "is_changed"), [("426", True), ("cut", False)])
def test_messages_need_http_1_1_too_where_the_request_itself_is_refused(
    proxy: str, is_changed: bool
) -> None:
    case = make_case(proxy=proxy, direct="live", conf=CONF % "")
    asks = (asked(AS_SENT, "alike", VERSION, HOST), asked(WITH, "alike", VERSION), SERVED)
    changes = message_settings(replace(case, follow_ups=asks), case.resolution)
    assert [change.name for change in changes] == ["proxy_http_version"] * is_changed
