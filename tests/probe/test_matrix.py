"""Probes side by side: when each ends, and its outcome."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, saying, serving
from wizard.diagnose.outcome import classify, is_finite_answer
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.probe.matrix import Matrix
from wizard.probe.request import ProbeOptions
from wizard.probe.waits import ANSWER_WATCH_S, MIN_WAIT_S, MIN_WATCH_S
from wizard.text.display import seconds

EVENT = b"event: endpoint\ndata: /m\n\n"
LIVE = saying(CHUNKED, chunk(EVENT), then="open")
HELD = saying(then="open")
HEADERS = saying(CHUNKED, then="open")


async def run(
    proxy: Act,
    direct: Act | None,
    *,
    stall: float = 0.4,
    patience: float = 0.0,
    min_wait: Callable[[], float] = lambda: 0.0,
    once: bool = False,
) -> tuple[ProbeResult, ProbeResult | None]:
    timelines: dict[Probe, Timeline] = {}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(proxy))
        proxied, directs = Probe("sse-proxy", url, once=once), []
        if direct is not None:
            url = await stack.enter_async_context(serving(direct))
            directs = [Probe("sse-direct", url, once=once)]
        matrix = Matrix(
            [proxied],
            directs,
            timelines,
            options=ProbeOptions(),
            stall=stall,
            patience=patience,
            min_wait=min_wait,
        )
        await matrix.run()
    reference = [timelines[probe] for probe in directs]
    return classify(timelines[proxied], reference), classify(reference[0]) if reference else None


async def test_held_beside_a_live_direct_probe() -> None:
    proxy, direct = await run(HELD, LIVE, stall=30)
    assert (proxy.outcome, direct and direct.outcome) == ("held", "live")
    assert proxy.timeline.ended == "open"
    assert (proxy.timeline.waited_s or 0) >= MIN_WAIT_S


async def test_what_came_while_the_process_stood_still_is_read_before_it_is_judged() -> None:
    def stop_after(*parts: bytes) -> Act:
        async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"".join(parts[:1]))
            await asyncio.sleep(MIN_WATCH_S / 2)
            writer.write(b"".join(parts[1:]))
            if len(parts) == 1:
                writer.transport.abort()
            time.sleep(1.0)  # noqa: ASYNC251 (as if the machine was suspended for so long)
            await reader.read()

        return act

    proxy, _ = await run(stop_after(CHUNKED + chunk(EVENT)), None)
    assert (proxy.timeline.events, proxy.timeline.ended) == (1, "reset")
    assert proxy.is_unjudged  # When it ended is not known.
    proxy, _ = await run(stop_after(b"", CHUNKED + chunk(EVENT)), None, stall=0.6)
    assert proxy.outcome == "live"


async def test_headers_without_events_beside_a_live_direct_probe() -> None:
    proxy, _ = await run(HEADERS, LIVE, stall=30)
    assert proxy.outcome == "events-held"


async def test_a_proxy_that_is_slow_for_all_requests_gets_more_time() -> None:
    may_answer = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_answer.wait()
        await LIVE(reader, writer)

    waits: list[float] = []

    def min_wait() -> float:
        """A long wait while `/` is slow; once it has answered, the stream is answered too."""
        waits.append(30.0)
        if len(waits) > 20:
            may_answer.set()
        return 30.0

    proxy, _ = await run(slow, LIVE, stall=30, min_wait=min_wait)
    assert proxy.timeline.first_event_s is not None


async def test_both_live() -> None:
    proxy, direct = await run(LIVE, LIVE, stall=30)
    assert (proxy.outcome, direct and direct.outcome) == ("live", "live")


async def test_both_held() -> None:
    proxy, direct = await run(HELD, HELD)
    assert (proxy.outcome, direct and direct.outcome) == ("held", "held")


async def test_a_silent_stream_whose_headers_are_held() -> None:
    proxy, direct = await run(HELD, HEADERS, stall=3)
    assert (proxy.outcome, direct and direct.outcome) == ("headers-held", "silent")


async def test_held_without_a_direct_probe() -> None:
    proxy, _ = await run(HELD, None)
    assert proxy.outcome == "held"


async def test_a_refused_direct_probe_is_reported() -> None:
    timelines: dict[Probe, Timeline] = {}
    async with serving(LIVE) as url:
        proxied, direct = Probe("sse-proxy", url), Probe("sse-direct", "http://127.0.0.1:1/sse")
        await Matrix([proxied], [direct], timelines, options=ProbeOptions(), stall=30).run()
    assert classify(timelines[proxied], [timelines[direct]]).outcome == "live"
    assert classify(timelines[direct]).outcome == "refused"


async def test_a_cut_is_observed_with_patience() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await asyncio.wait({asyncio.ensure_future(reader.read())}, timeout=0.6)

    proxy, direct = await run(cut, LIVE, stall=30, patience=3.0)
    assert proxy.outcome == "cut"
    assert direct is not None
    assert direct.timeline.ended == "open"


def answering(tokens: int, *, token_s: float = 0.2) -> Act:
    """A finite answer; each token takes `token_s` seconds."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        closed = asyncio.ensure_future(reader.read())
        for number in range(tokens):
            writer.write(chunk(b"data: %d\n\n" % number))
            await asyncio.wait({closed}, timeout=token_s)
        writer.write(b"0\r\n\r\n")

    return act


async def test_an_answer_to_a_request_that_is_sent_once_is_watched_to_its_end() -> None:
    proxy, direct = await run(answering(3), answering(8), once=True)
    assert (proxy.outcome, direct and direct.outcome) == ("cut", "ended")
    assert proxy.why == "ended after 3 events, where the direct probe had 8 events"
    alone, _ = await run(answering(5), None, once=True)
    assert alone.outcome == "ended"
    assert is_finite_answer(alone)
    assert not is_finite_answer((await run(answering(1), None, once=True))[0])


async def test_an_answer_without_end_is_watched_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wizard.probe.matrix.ANSWER_WATCH_S", 1.0)
    proxy, direct = await run(answering(99), answering(99), once=True)
    assert proxy.outcome == "live"
    assert f"open after {seconds(proxy.timeline.waited_s)}" in proxy.why
    assert (proxy.timeline.waited_s or 0.0) >= 1.0
    assert direct
    assert direct.outcome == "live"


async def test_the_end_of_an_answer_is_not_awaited_beside_a_held_or_a_failed_one() -> None:
    refused = saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    for act in (HELD, refused):
        _, direct = await run(act, LIVE, once=True)
        assert direct
        assert (direct.timeline.waited_s or 0.0) < ANSWER_WATCH_S


async def test_a_burst_at_the_end_is_late() -> None:
    async def burst(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.wait({asyncio.ensure_future(reader.read())}, timeout=2.5)
        writer.write(HEAD + b"\r\n" + EVENT)

    proxy, _ = await run(burst, LIVE, stall=30, min_wait=lambda: 30.0)
    assert proxy.outcome == "late"


async def test_leaving_early_keeps_the_timelines() -> None:
    timelines: dict[Probe, Timeline] = {}

    async def live(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await reader.read()

    async with serving(live) as url, serving(HELD) as held:
        probes = [Probe("sse-proxy", url), Probe("sse-proxy", held)]
        matrix = Matrix(probes, [], timelines, options=ProbeOptions(), stall=30, patience=30)
        task = asyncio.create_task(matrix.run())
        events = 0
        while not events:
            await asyncio.sleep(0.01)  # the matrix notifies nobody, so it is polled
            events = sum(timeline.events for timeline in timelines.values())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [classify(timelines[probe]).outcome for probe in probes] == ["live", "running"]


def released(timeout_s: float) -> Act:
    """What a holding Nginx does when its read timeout ends: headers, and a broken end."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.wait({asyncio.ensure_future(reader.read())}, timeout=timeout_s)
        writer.write(CHUNKED)

    return act


async def test_a_held_stream_is_watched_with_patience_if_nothing_shows_that_the_backend_sends() -> (
    None
):
    proxy, _ = await run(released(1.2), None, stall=0.4, patience=30)
    assert (proxy.outcome, proxy.timeline.ended, proxy.timeline.status) == ("held", "reset", 200)
    proxy, _ = await run(released(1.2), HEADERS, stall=0.4, patience=3)
    assert (proxy.outcome, proxy.timeline.ended) == ("held", "reset")


async def test_a_held_stream_is_not_watched_beside_a_live_direct_one() -> None:
    proxy, _ = await run(HELD, LIVE, stall=0.4, patience=1.5)
    assert (proxy.outcome, proxy.timeline.ended) == ("held", "open")
    assert (proxy.timeline.waited_s or 0) < 1.5


async def test_patience_ends_the_watch_of_a_held_stream() -> None:
    proxy, _ = await run(HELD, None, stall=0.4, patience=1.0)
    assert (proxy.outcome, proxy.timeline.ended) == ("held", "open")
    assert (proxy.timeline.waited_s or 0) >= 1.0


async def test_the_end_of_the_watch_does_not_move_while_a_held_stream_is_watched() -> None:
    async with serving(HELD) as url:
        matrix = Matrix(
            [Probe("sse-proxy", url)], [], {}, options=ProbeOptions(), stall=0.2, patience=30
        )
        task = asyncio.create_task(matrix.run())
        awaited = ""
        # The probe is held a moment before the matrix notes that it is kept open.
        while awaited != "watching the held stream" or matrix.max_duration_s < 30:
            await asyncio.sleep(0.01)  # the matrix notifies nobody, so it is polled
            awaited = matrix.waiting_for
        ends = [matrix.max_duration_s]
        await asyncio.sleep(0.01)
        ends.append(matrix.max_duration_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert ends[0] == ends[1]
    assert ends[0] >= 30
