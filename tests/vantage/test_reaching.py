"""What it takes to reach a place counts against nothing that is asked from there."""

from pathlib import Path

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.vantage.afar import vantage_session
from tests.vantage.test_hostile import wrapper
from wizard.diagnose.outcome import classify
from wizard.model.timeline import Probe, Timeline, has_begun
from wizard.probe.followups.followup import probe_first_event
from wizard.probe.mcp.exchange import handshake_timeouts, has_endpoint, open_stream, send_request
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.timing import REACH_TIMEOUT_S, held_at, is_decided

SLOW = 'sleep 1.6; exec "$@"'
"""A way there that takes longer than what is asked there may."""
WITHIN = 1.5
EVENT = b"event: endpoint\ndata: /m\n\n"
PROBE = Probe("sse-direct", "http://127.0.0.1:1/", vantage="web")


def slow(folder: Path) -> ProbeOptions:
    return ProbeOptions(vantage_sessions={"web": vantage_session([wrapper(folder, SLOW)])})


async def test_a_follow_up_begins_over_there(tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        line = await probe_first_event(
            Probe("sse-direct", url, vantage="web"), slow(tmp_path), WITHIN
        )
    assert line.events == 1
    assert line.began_s > WITHIN


async def test_a_follow_up_that_is_held_is_left_in_time(tmp_path: Path) -> None:
    async with serving(saying(CHUNKED, then="open")) as url:
        line = await probe_first_event(
            Probe("sse-direct", url, vantage="web"), slow(tmp_path), WITHIN
        )
    assert (line.status, line.events, line.ended) == (200, 0, "open")
    assert line.waited_s is not None
    assert line.waited_s < line.began_s + WITHIN


async def test_an_exchange_begins_over_there(tmp_path: Path) -> None:
    act = saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    async with serving(act) as url:
        line = await send_request(
            Probe("mcp", url, vantage="web"), slow(tmp_path), RequestSpec(), WITHIN
        )
    assert (line.status, line.ended) == (202, "eof")


async def test_an_open_stream_begins_over_there(tmp_path: Path) -> None:
    async with (
        serving(saying(CHUNKED, chunk(EVENT), then="open")) as url,
        open_stream(Probe("mcp", url, vantage="web"), slow(tmp_path)) as stream,
    ):
        assert await stream.wait_for(has_endpoint, WITHIN)


def test_a_handshake_has_as_much_longer_as_reaching_takes() -> None:
    options = ProbeOptions(clock=lambda: 0.0)
    assert (
        handshake_timeouts(options, 5.0, reach_s=2.0).ends_at
        == handshake_timeouts(options, 5.0).ends_at + 12.0
    )


def test_a_leg_that_is_on_its_way_is_not_silent_yet() -> None:
    line, begun = Timeline(PROBE), Timeline(PROBE, began_s=0.5)
    assert not has_begun(line)
    assert has_begun(begun)
    assert has_begun(Timeline(Probe("sse-direct", PROBE.url)))
    assert held_at(line, 2.0, 1.0) == held_at(begun, 2.0, 1.0) + REACH_TIMEOUT_S
    assert not is_decided(line, 5.0, 2.0, 1.0)
    assert is_decided(begun, 5.0, 2.0, 1.0)


def test_a_place_that_was_not_reached_is_no_fault() -> None:
    result = classify(Timeline(PROBE, ended="unreached", detail="web: it is down"))
    assert (result.outcome, result.why) == ("not-asked", "web: it is down")
