"""How long each probe is waited for, on timelines written by hand."""

from dataclasses import replace

import pytest

from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.waits import MIN_WAIT_S, WAIT_WITHOUT_DIRECT_S, held_at, is_decided, silence_limit

STREAM = (("content-type", "text/event-stream"),)
PROXY = Timeline(Probe("sse-proxy", "http://p/sse"))
DIRECT = Timeline(Probe("sse-direct", "http://d/sse"))
CONNECT_TIMEOUT_S = 10.0


def headers(timeline: Timeline, at: float = 0.1) -> Timeline:
    return replace(timeline, connect_s=0.0, headers_s=at, status=200, headers=STREAM)


def live(timeline: Timeline, at: float) -> Timeline:
    return replace(headers(timeline, at), first_byte_s=at, first_data_s=at)


def test_a_fast_direct_probe_gives_the_shortest_wait() -> None:
    assert silence_limit([live(DIRECT, 0.01)], stall=10) == MIN_WAIT_S


def test_a_slow_direct_probe_gives_a_longer_wait() -> None:
    assert silence_limit([live(DIRECT, 0.3)], stall=10) == pytest.approx(6.0)


def test_the_wait_is_at_most_the_stall() -> None:
    assert silence_limit([live(DIRECT, 4.0)], stall=10) == 10
    assert silence_limit([live(DIRECT, 0.01)], stall=0.5) == 0.5


def test_the_fastest_of_several_direct_probes_counts() -> None:
    assert silence_limit([headers(DIRECT), live(DIRECT, 0.01)], stall=10) == MIN_WAIT_S


def test_without_a_direct_probe_the_wait_is_fixed() -> None:
    assert silence_limit([], stall=10) == WAIT_WITHOUT_DIRECT_S
    assert silence_limit([], stall=3) == 3


def test_a_failed_direct_probe_does_not_count() -> None:
    assert silence_limit([replace(DIRECT, ended="refused")], stall=10) == WAIT_WITHOUT_DIRECT_S


def test_while_the_direct_probe_is_silent_the_wait_is_the_stall() -> None:
    assert silence_limit([headers(DIRECT)], stall=10) == 10
    assert silence_limit([DIRECT], stall=10) == 10


def test_connecting_is_not_silence() -> None:
    assert not is_decided(PROXY, now=9.0, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)
    assert held_at(PROXY, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S) > 2 * CONNECT_TIMEOUT_S


def test_the_wait_begins_when_the_request_is_sent() -> None:
    timeline = replace(PROXY, connect_s=1.5)
    assert not is_decided(timeline, now=3.4, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)
    assert is_decided(timeline, now=3.5, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)


def test_over_tls_the_wait_begins_after_the_handshake() -> None:
    timeline = replace(PROXY, probe=Probe("sse-proxy", "https://p/sse"), connect_s=0.5)
    assert not is_decided(timeline, now=5.0, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)
    assert is_decided(
        replace(timeline, tls_s=1.0), now=3.0, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S
    )


@pytest.mark.parametrize("timeline", [live(PROXY, 0.1), replace(PROXY, ended="reset")])
def test_data_or_an_end_decides_at_once(timeline: Timeline) -> None:
    assert is_decided(timeline, now=0.2, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)


def test_headers_alone_decide_nothing() -> None:
    assert not is_decided(headers(PROXY), now=0.2, wait=2.0, connect_timeout=CONNECT_TIMEOUT_S)


def test_another_answer_decides_with_its_body() -> None:
    error = replace(PROXY, connect_s=0.0, headers_s=0.1, status=502)
    assert not is_decided(error, now=0.2, wait=9.0, connect_timeout=CONNECT_TIMEOUT_S)
    assert is_decided(
        replace(error, first_byte_s=0.2), now=0.2, wait=9.0, connect_timeout=CONNECT_TIMEOUT_S
    )
    assert is_decided(error, now=0.1 + MIN_WAIT_S, wait=9.0, connect_timeout=CONNECT_TIMEOUT_S)
