"""Outcomes of timelines, given those of the direct probes."""

from dataclasses import replace

import pytest

from wizard.diagnose.outcome import classify
from wizard.model.probe import Probe
from wizard.model.probe_result import Outcome
from wizard.model.timeline import Timeline

STREAM = (("content-type", "text/event-stream; charset=utf-8"),)
CONNECTED = Timeline(Probe("sse-proxy", "http://p/sse"), dns_s=0.0, connect_s=0.01)
HEADERS = replace(CONNECTED, headers_s=0.02, status=200, http="1.1", headers=STREAM)
DATA = replace(HEADERS, first_byte_s=0.03, first_data_s=0.03, last_byte_s=0.03, bytes=9, events=1)
LIVE = replace(DATA, ended="open", waited_s=2.0)
SILENT = replace(HEADERS, ended="open", waited_s=2.0)
NO_HEADERS = replace(CONNECTED, ended="open", waited_s=2.0)

CASES: list[tuple[str, Timeline, tuple[Timeline, ...], Outcome]] = [
    ("not-yet", CONNECTED, (), "running"),
    ("headers-not-yet-data", HEADERS, (), "running"),
    ("live", LIVE, (LIVE,), "live"),
    ("live-while-it-runs", DATA, (), "live"),
    ("nothing-beside-live", NO_HEADERS, (LIVE,), "held"),
    ("nothing-beside-nothing", NO_HEADERS, (NO_HEADERS,), "held"),
    ("nothing-beside-headers", NO_HEADERS, (SILENT,), "headers-held"),
    ("headers-beside-live", SILENT, (LIVE,), "events-held"),
    ("headers-beside-headers", SILENT, (SILENT,), "silent"),
    ("headers-alone", SILENT, (), "silent"),
    ("late", replace(LIVE, first_data_s=1.9), (LIVE,), "late"),
    ("a-slow-link-is-not-late", replace(LIVE, connect_s=0.4, first_data_s=1.6), (LIVE,), "live"),
    ("a-page-called-a-stream", replace(LIVE, events=0), (), "no-event"),
    ("pings-where-an-event-is-due", replace(LIVE, events=0, comments=1), (LIVE,), "no-event"),
    ("pings-alone", replace(LIVE, events=0, comments=1), (), "live"),
    ("an-event-not-yet-whole", replace(DATA, events=0), (LIVE,), "live"),
    ("cut", replace(LIVE, ended="reset"), (LIVE,), "cut"),
    ("cut-cleanly", replace(LIVE, ended="eof", waited_s=1.0), (LIVE,), "cut"),
    ("finite", replace(LIVE, ended="eof"), (replace(LIVE, ended="eof"),), "ended"),
    ("empty", replace(HEADERS, ended="eof"), (), "ended"),
    ("broken-off-after-headers", replace(HEADERS, ended="reset"), (), "cut"),
    ("closed-before-an-answer", replace(CONNECTED, ended="reset"), (), "cut"),
    ("refused", replace(CONNECTED, ended="refused", connect_s=None), (), "refused"),
    ("unknown-host", replace(CONNECTED, ended="dns"), (), "refused"),
    ("tls", replace(CONNECTED, ended="tls"), (), "refused"),
    ("error", replace(HEADERS, status=502, ended="eof"), (), "status"),
    ("redirect", replace(HEADERS, status=307, ended="eof"), (), "redirect"),
    ("not-modified", replace(HEADERS, status=304, ended="eof"), (), "status"),
    ("another-type", replace(LIVE, headers=(), events=0), (LIVE,), "not-a-stream"),
    ("bytes-of-no-type", replace(LIVE, headers=(), events=0), (), "live"),
    ("page", replace(HEADERS, headers=(("content-type", "text/html"),)), (), "not-a-stream"),
]


@pytest.mark.parametrize(
    ("timeline", "direct", "expected"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_outcome(timeline: Timeline, direct: tuple[Timeline, ...], expected: Outcome) -> None:
    result = classify(timeline, direct)
    assert result.outcome == expected
    assert expected in ("running", "refused") or result.why


def test_http2_that_is_not_negotiated_is_not_offered() -> None:
    timeline = replace(LIVE, probe=replace(CONNECTED.probe, http="2"))
    assert classify(timeline).outcome == "not-offered"


def test_compressed_bytes_without_data_are_not_live() -> None:
    result = classify(replace(SILENT, bytes=10, first_byte_s=0.1), (LIVE,))
    assert result.outcome == "events-held"
    assert "10 bytes" in result.why


def test_text_of_a_server_is_escaped_and_redacted() -> None:
    headers = (("location", "http://x/\x1b[2J?token=abc"),)
    result = classify(replace(HEADERS, status=302, headers=headers))
    assert "\x1b" not in result.why
    assert "abc" not in result.why
