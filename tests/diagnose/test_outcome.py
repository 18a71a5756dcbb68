"""What a timeline means beside the direct probe's, on timelines written by hand."""

from dataclasses import replace

import pytest

from wizard.diagnose.outcome import classify
from wizard.model.case import Outcome
from wizard.model.timeline import Probe, Timeline

STREAM = (("content-type", "text/event-stream; charset=utf-8"),)
LINE = Timeline(Probe("sse-proxy", "http://p/sse"), dns_s=0.0, connect_s=0.01)
HEADERS = replace(LINE, headers_s=0.02, status=200, http="1.1", headers=STREAM)
DATA = replace(HEADERS, first_byte_s=0.03, first_data_s=0.03, last_byte_s=0.03, bytes=9, events=1)
LEFT = replace(DATA, ended="open", waited_s=2.0)
SILENT = replace(HEADERS, ended="open", waited_s=2.0)
NOTHING = replace(LINE, ended="open", waited_s=2.0)

CASES: list[tuple[str, Timeline, tuple[Timeline, ...], Outcome]] = [
    ("not-yet", LINE, (), "running"),
    ("headers-not-yet-data", HEADERS, (), "running"),
    ("live", LEFT, (LEFT,), "live"),
    ("live-while-it-runs", DATA, (), "live"),
    ("nothing-beside-live", NOTHING, (LEFT,), "held"),
    ("nothing-beside-nothing", NOTHING, (NOTHING,), "held"),
    ("nothing-beside-headers", NOTHING, (SILENT,), "headers-held"),
    ("headers-beside-live", SILENT, (LEFT,), "events-held"),
    ("headers-beside-headers", SILENT, (SILENT,), "silent"),
    ("headers-alone", SILENT, (), "silent"),
    ("late", replace(LEFT, first_data_s=1.9), (LEFT,), "late"),
    ("a-slow-link-is-not-late", replace(LEFT, connect_s=0.4, first_data_s=1.6), (LEFT,), "live"),
    ("a-page-called-a-stream", replace(LEFT, events=0), (), "no-event"),
    ("pings-where-an-event-is-due", replace(LEFT, events=0, comments=1), (LEFT,), "no-event"),
    ("pings-alone", replace(LEFT, events=0, comments=1), (), "live"),
    ("an-event-not-yet-whole", replace(DATA, events=0), (LEFT,), "live"),
    ("cut", replace(LEFT, ended="reset"), (LEFT,), "cut"),
    ("cut-cleanly", replace(LEFT, ended="eof", waited_s=1.0), (LEFT,), "cut"),
    ("finite", replace(LEFT, ended="eof"), (replace(LEFT, ended="eof"),), "ended"),
    ("empty", replace(HEADERS, ended="eof"), (), "ended"),
    ("broken-off-after-headers", replace(HEADERS, ended="reset"), (), "cut"),
    ("closed-before-an-answer", replace(LINE, ended="reset"), (), "cut"),
    ("refused", replace(LINE, ended="refused", connect_s=None), (), "refused"),
    ("unknown-host", replace(LINE, ended="dns"), (), "refused"),
    ("tls", replace(LINE, ended="tls"), (), "refused"),
    ("error", replace(HEADERS, status=502, ended="eof"), (), "status"),
    ("redirect", replace(HEADERS, status=307, ended="eof"), (), "redirect"),
    ("page", replace(HEADERS, headers=(("content-type", "text/html"),)), (), "not-a-stream"),
]


@pytest.mark.parametrize(
    ("line", "direct", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_outcome(line: Timeline, direct: tuple[Timeline, ...], expected: Outcome) -> None:
    result = classify(line, direct)
    assert result.outcome == expected
    assert expected in ("running", "refused") or result.why


def test_http2_that_was_not_negotiated() -> None:
    line = replace(LEFT, probe=replace(LINE.probe, http="2"))
    assert classify(line).outcome == "not-offered"


def test_compressed_bytes_without_data_are_no_stream_yet() -> None:
    result = classify(replace(SILENT, bytes=10, first_byte_s=0.1), (LEFT,))
    assert result.outcome == "events-held"
    assert "10 bytes" in result.why


def test_what_a_server_sends_is_written_out() -> None:
    headers = (("location", "http://x/\x1b[2J?token=abc"),)
    result = classify(replace(HEADERS, status=302, headers=headers))
    assert "\x1b" not in result.why
    assert "abc" not in result.why
