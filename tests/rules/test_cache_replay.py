"""A finite answer that a cache gives to every client, beside answers that differ or are short."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.events import Chunk, Ended, SseEvent
from wizard.model.handshake import Exchange
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


REPLY = '{"jsonrpc":"2.0","id":%d,"result":{}}'
PASSED = "proxy_pass http://127.0.0.1:12213; proxy_http_version 1.1;"
POSTED = "proxy_cache one; proxy_cache_methods GET HEAD POST;"


def case_of_replies(second: int, lines: str) -> Case:
    """A session over Streamable HTTP whose second message gets the reply with this id."""
    conf = f"server {{ listen 8081; location / {{ {PASSED} {lines} }} }}"
    proxied = make_handshake("proxy", transport="streamable-http", stage="tools", status=200)
    first = proxied.exchanges[0].timeline
    exchanges = tuple(
        Exchange(name, replace(first, excerpt=REPLY % number))
        for name, number in (("initialize", 1), ("tools", second))
    )
    direct = make_handshake("direct", transport="streamable-http")
    handshakes = (replace(proxied, exchanges=exchanges), direct)
    return make_case(proxy="405", direct="405", conf=conf, handshakes=handshakes)


@pytest.mark.parametrize(
    ("second", "lines", "expected"),
    [
        (1, POSTED, ["confirmed"]),
        (1, "proxy_cache one;", ["possible"]),
        (2, POSTED, []),
    ],
)
def test_a_reply_to_another_message(second: int, lines: str, expected: list[str]) -> None:
    causes = diagnose(case_of_replies(second, lines)).causes
    assert [each.confidence for each in causes if each.id == "cache-replay"] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("proxy_cache one; proxy_cache_lock on;", ["likely"]),
        ("proxy_cache one;", []),
        ("proxy_cache_lock on;", []),
    ],
)
def test_a_stream_that_waits_for_another_one(lines: str, expected: list[str]) -> None:
    conf = f"server {{ listen 8081; location / {{ {PASSED} {lines} }} }}"
    live = make_case(proxy="live", direct="live", conf=conf, version="1.31.3")
    held = make_case(proxy="held", direct="live", conf=conf, version="1.31.3")
    case = replace(held, proxy=(live.proxy[0], held.proxy[1]))
    causes = diagnose(case).causes
    assert [each.confidence for each in causes if each.id == "cache-replay"] == expected
