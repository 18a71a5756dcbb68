"""Live streams over a real connection: which request is sent, and that it is closed."""

import asyncio
from dataclasses import replace

import pytest

from screens.live.streams import Batch, LiveStreams
from tests.screens import investigations
from wizard.investigation.casefile import CaseRecord
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation
from wizard.model.events import SseEvent
from wizard.model.probe import Probe
from wizard.model.target import Target

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: one\n\n"
)


async def test_a_stream_is_asked_for_apart_from_the_steps_and_closed() -> None:
    requests, closed = list[str](), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(ANSWER)
        await reader.read()
        closed.set()
        writer.close()

    events, came = list[SseEvent](), asyncio.Event()

    def take(side: object, batch: Batch) -> None:
        events.extend(event for event in batch if isinstance(event, SseEvent))
        if events:
            came.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server, asyncio.timeout(10):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sse"
        investigation = Investigation(Target(url))
        case = investigation.case
        streams = LiveStreams(take, lambda side, why: None)
        streams.begin({"proxy": Probe("sse-proxy", url)}, investigation.watch)
        await came.wait()
        await streams.close()
        await closed.wait()
        assert [event.data for event in events] == ["one"]
        assert requests[0].startswith("GET /sse HTTP/1.1")
        assert f"(run={case.run}-live; sse-proxy" in requests[0]
        assert investigation.case == case


@pytest.mark.parametrize(
    ("target", "may_watch"),
    [
        (Target("http://h/sse"), True),
        (Target("http://h/sse", method="POST"), False),
        (Target("http://h/sse", method="POST", repeat=True), False),
        (Target("http://h/sse", body=b"{}"), False),
    ],
)
def test_only_a_get_without_a_body_is_repeated_to_be_looked_at(
    target: Target, may_watch: bool
) -> None:
    assert Investigation(target).may_watch is may_watch
    case = replace(investigations.case(live=True), target=target)
    assert not SavedInvestigation(CaseRecord(case)).may_watch
