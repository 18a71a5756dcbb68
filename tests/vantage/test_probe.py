"""A probe at a vantage: the events of a local one, and no time lost by reaching the vantage."""

from collections.abc import Sequence
from pathlib import Path

from tests.probe.scripted import CHUNKED, Act, chunk, saying, serving
from tests.vantage.remote import vantage_session
from tests.vantage.test_hostile import write_wrapper
from wizard.diagnose.outcome import classify
from wizard.model.events import Began, ProbeEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline, has_begun
from wizard.model.vantage import Vantage
from wizard.probe.followups.followup import probe_first_event
from wizard.probe.mcp.exchange import (
    MAX_EXCHANGES,
    handshake_timeouts,
    has_endpoint,
    open_stream,
    send_request,
)
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.waits import REACH_TIMEOUT_S, held_at, is_decided
from wizard.vantage.session import VantageSession

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"


async def events_of(probe: Probe, prefix: Sequence[str]) -> list[ProbeEvent]:
    options = ProbeOptions(
        vantage_sessions={probe.vantage: VantageSession(Vantage(probe.vantage, tuple(prefix)))}
    )
    return [event async for event in run_probe(probe, options)]


async def timeline_of(act: Act) -> Timeline:
    async with serving(act) as url:
        probe = Probe("sse-direct", url, vantage="web")
        return Timeline(probe).fold(await events_of(probe, ["env"]))


async def test_a_chunked_stream_to_its_end() -> None:
    timeline = await timeline_of(saying(CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b"")))
    assert (timeline.status, timeline.framing, timeline.events, timeline.comments) == (
        200,
        "chunked",
        1,
        1,
    )
    assert (timeline.ended, timeline.address) == ("eof", "127.0.0.1")
    times = [
        timeline.dns_s,
        timeline.connect_s,
        timeline.headers_s,
        timeline.first_byte_s,
        timeline.first_event_s,
    ]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
    assert timeline.began_s > 0


async def test_the_request_begins_first() -> None:
    async with serving(saying(CHUNKED, chunk(b""))) as url:
        events = await events_of(Probe("sse-direct", url, vantage="web"), ["env"])
    assert isinstance(events[0], Began)


async def test_a_truncated_chunked_stream_is_a_reset() -> None:
    timeline = await timeline_of(saying(CHUNKED, chunk(EVENT)))
    assert (timeline.events, timeline.ended) == (1, "reset")
    assert "before the end of the body" in timeline.detail


async def test_an_unusable_vantage_is_not_an_error_of_the_server() -> None:
    probe = Probe("sse-direct", "http://127.0.0.1:1/", vantage="web")
    timeline = Timeline(probe).fold(await events_of(probe, ["/nonexistent"]))
    assert (timeline.ended, timeline.detail) == (
        "unreached",
        "web: /nonexistent cannot be run here: No such file or directory",
    )


SLOW_PREFIX = 'sleep 1.6; exec "$@"'
"""Takes longer to reach than a request may take."""
TIMEOUT_S = 1.5
EVENT = b"event: endpoint\ndata: /m\n\n"
PROBE = Probe("sse-direct", "http://127.0.0.1:1/", vantage="web")


def slow_options(folder: Path) -> ProbeOptions:
    return ProbeOptions(
        vantage_sessions={"web": vantage_session([write_wrapper(folder, SLOW_PREFIX)])}
    )


async def test_a_follow_up_has_its_whole_time_after_the_start(tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        timeline = await probe_first_event(
            Probe("sse-direct", url, vantage="web"), slow_options(tmp_path), TIMEOUT_S
        )
    assert timeline.events == 1
    assert timeline.began_s > TIMEOUT_S


async def test_a_held_follow_up_ends_after_its_time(tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, then="open")) as url:
        timeline = await probe_first_event(
            Probe("sse-direct", url, vantage="web"), slow_options(tmp_path), TIMEOUT_S
        )
    assert (timeline.status, timeline.events, timeline.ended) == (200, 0, "open")
    assert timeline.waited_s is not None
    assert timeline.waited_s < timeline.began_s + TIMEOUT_S


async def test_an_exchange_has_its_whole_time_after_the_start(tmp_path: Path) -> None:
    answer = saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    async with serving(answer) as url:
        timeline = await send_request(
            Probe("mcp", url, vantage="web"), slow_options(tmp_path), RequestSpec(), TIMEOUT_S
        )
    assert (timeline.status, timeline.ended) == (202, "eof")


async def test_an_open_stream_has_its_whole_time_after_the_start(tmp_path: Path) -> None:
    async with (
        serving(saying(CHUNKED, chunk(EVENT), then="open")) as url,
        open_stream(Probe("mcp", url, vantage="web"), slow_options(tmp_path)) as stream,
    ):
        assert await stream.wait_for(has_endpoint, TIMEOUT_S)


def test_a_handshake_has_more_time_at_a_slow_vantage() -> None:
    options = ProbeOptions(clock=lambda: 0.0)
    assert (
        handshake_timeouts(options, 5.0, reach_s=2.0).ends_at
        == handshake_timeouts(options, 5.0).ends_at + MAX_EXCHANGES * 2.0
    )


def test_a_probe_that_has_not_started_is_not_silent() -> None:
    waiting, started = Timeline(PROBE), Timeline(PROBE, began_s=0.5)
    assert not has_begun(waiting)
    assert has_begun(started)
    assert has_begun(Timeline(Probe("sse-direct", PROBE.url)))
    assert held_at(waiting, 2.0, 1.0) == held_at(started, 2.0, 1.0) + REACH_TIMEOUT_S
    assert not is_decided(waiting, 5.0, 2.0, 1.0)
    assert is_decided(started, 5.0, 2.0, 1.0)


def test_a_vantage_that_cannot_be_used_is_no_fault() -> None:
    result = classify(Timeline(PROBE, ended="unreached", detail="web: it is down"))
    assert (result.outcome, result.why) == ("not-asked", "web: it is down")
