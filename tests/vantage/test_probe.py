"""One probe through a prefix, against a scripted server: the same events as from here."""

from collections.abc import Sequence

from tests.probe.scripted import CHUNKED, Act, chunk, saying, serving
from wizard.model.events import Began, ProbeEvent
from wizard.model.timeline import Probe, Timeline
from wizard.model.vantage import Vantage
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions
from wizard.vantage.session import VantageSession

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"


async def events_of(probe: Probe, prefix: Sequence[str]) -> list[ProbeEvent]:
    options = ProbeOptions(
        vantage_sessions={probe.vantage: VantageSession(Vantage(probe.vantage, tuple(prefix)))}
    )
    return [event async for event in run_probe(probe, options)]


async def seen(act: Act) -> Timeline:
    async with serving(act) as url:
        probe = Probe("sse-direct", url, vantage="web")
        return Timeline(probe).fold(await events_of(probe, ["env"]))


async def test_a_chunked_stream_to_its_end() -> None:
    line = await seen(saying(CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b"")))
    assert (line.status, line.framing, line.events, line.comments) == (200, "chunked", 1, 1)
    assert (line.ended, line.address) == ("eof", "127.0.0.1")
    times = [line.dns_s, line.connect_s, line.headers_s, line.first_byte_s, line.first_event_s]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
    assert line.began_s > 0


async def test_the_request_begins_first() -> None:
    async with serving(saying(CHUNKED, chunk(b""))) as url:
        events = await events_of(Probe("sse-direct", url, vantage="web"), ["env"])
    assert isinstance(events[0], Began)


async def test_a_truncated_chunked_stream_is_a_cut() -> None:
    line = await seen(saying(CHUNKED, chunk(EVENT)))
    assert (line.events, line.ended) == (1, "reset")
    assert "without sending complete message body" in line.detail


async def test_a_place_that_cannot_be_reached_says_nothing_of_the_server() -> None:
    probe = Probe("sse-direct", "http://127.0.0.1:1/", vantage="web")
    line = Timeline(probe).fold(await events_of(probe, ["/nonexistent"]))
    assert (line.ended, line.detail) == (
        "unreached",
        "web: /nonexistent cannot be run here: No such file or directory",
    )
