"""A WebSocket that was opened: watch it until it ends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import httpcore
import httpx

from wizard.model.events import Chunk, Ended, Upgraded
from wizard.probe.connection import ProbeChannel
from wizard.probe.websocket import FrameDecoder, FrameError, Message, why_not_open
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.messages import tr

READ_BYTES = 1 << 16
NO_CLOSE_FRAME = tr("the connection ended without a close frame")
"""How a proxy ends a WebSocket: only the server itself sends a close frame."""
LEFT_AT_PING = tr("closed by us at the server's first ping, which the tool there cannot answer")
ANSWER_TIMEOUT_S = 5.0
"""How long sending an answer may take, in seconds."""


async def watch_websocket(
    response: httpx.Response, sent: httpx.Request, channel: ProbeChannel
) -> None:
    """Report the messages that come after an answer of status 101, until the connection ends.

    A ping and a close frame are answered (see `wizard/probe/websocket.py`), except at a vantage:
    there the connection is left at a ping, before the server misses its answer.
    """
    names = _sent_headers(sent)
    headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
    if why := why_not_open(names, headers):
        await channel.events.put(Ended(channel.now(), "reset", tr("no WebSocket: {why}", why=why)))
        return
    channel.begin_body()
    await channel.events.put(Upgraded(channel.now()))
    try:
        end = await _report_messages(response, channel)
    except FrameError as error:
        end = Ended(channel.now(), "reset", tr("not a WebSocket's frames: {error}", error=error))
    except httpcore.NetworkError as error:
        end = Ended(channel.now(), "reset", describe_error(error))
    await channel.events.put(end)


def _sent_headers(sent: httpx.Request) -> dict[str, str]:
    """The headers that were sent, with names in lower case: those of its exact bytes, if given."""
    wire: bytes = sent.extensions.get("wire", b"")
    if not wire:
        return {name.lower(): value for name, value in sent.headers.multi_items()}
    lines = wire.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}


async def _report_messages(response: httpx.Response, channel: ProbeChannel) -> Ended:
    stream, decoder = response.extensions.get("network_stream"), FrameDecoder()
    async for data in _read(response):
        at, messages = channel.now(), decoder.feed(data)
        items = [message.item(at) for message in messages]
        count, size = len(items), len(data)
        chunk = Chunk(at, size, size, items=count, pending=decoder.pending)
        await channel.events.put((chunk, *items))
        for message in _to_answer(messages):
            if end := await _answer(message, stream, at):
                return end
    return Ended(channel.now(), "reset", NO_CLOSE_FRAME)


def _to_answer(messages: Sequence[Message]) -> list[Message]:
    """The newest ping, which stands for those before it (section 5.5.3), then the close frame."""
    pings = [message for message in messages if message.kind == "ping"]
    ends = [message for message in messages if message.kind == "close"]
    return [*pings[-1:], *ends[:1]]


async def _answer(
    message: Message, stream: httpcore.AsyncNetworkStream | None, at: float
) -> Ended | None:
    """Answer as the RFC demands; how the connection ends, None if it goes on."""
    if message.reply and stream is not None:
        # The server may have left already, which is no fault of its close frame.
        with suppress(httpcore.NetworkError, httpcore.TimeoutException):
            await stream.write(message.reply, timeout=ANSWER_TIMEOUT_S)
    if message.kind == "close":
        detail = tr("closed by the server: {code}", code=safe(message.close_text, 200))
        return Ended(at, "eof", detail, message.close_code)
    if message.kind == "ping" and stream is None:
        return Ended(at, "open", LEFT_AT_PING)
    return None


async def _read(response: httpx.Response) -> AsyncIterator[bytes]:
    stream = response.extensions.get("network_stream")
    if stream is None:  # The tool at a vantage prints what it receives.
        async for data in response.aiter_raw():
            yield data
        return
    while data := await stream.read(READ_BYTES):
        yield data
