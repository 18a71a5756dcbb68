"""How a probe ends that an error ends."""

import httpx

from wizard.model.events import (
    Ended,
)
from wizard.probe.connection import ProbeChannel, Request
from wizard.probe.http2_ends import describe_http2_end
from wizard.probe.network import (
    http2_errors,
    kind_of_file,
    with_socket_advice,
    with_tls_advice,
)
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.messages import tr
from wizard.vantage.http.response import describe_end, is_disconnect
from wizard.vantage.http.transport import VantageTransportError

_CLEARER = {
    "Receive buffer too long": tr("a header block or a line longer than 100 KiB"),
    "Received server _SWITCH_UPGRADE event without a pending proposal": (
        tr("a 101 (switching protocols) that was not asked for")
    ),
}
"""What some messages of h11 say in the words of HTTP."""
_BROKEN_FRAMING = tr("the framing of the body is invalid")


def is_invalid_answer(error: Exception, channel: ProbeChannel) -> bool:
    """True if the answer is not valid HTTP, False if the connection failed or ended."""
    if isinstance(error, httpx.LocalProtocolError):  # Of h2 about frames, or about the request.
        return channel.has_received
    if isinstance(error, VantageTransportError):
        return error.is_invalid
    if isinstance(error, http2_errors()):
        return True
    message = str(error)
    is_end = is_disconnect(message) or bool(describe_http2_end(message))
    return isinstance(error, httpx.RemoteProtocolError) and not is_end


def end_of_error(error: Exception, channel: ProbeChannel, request: Request, address: str) -> Ended:
    """Return the `Ended` event for a transport error, with one sentence about the error."""
    path = request.socket_path
    if isinstance(error, VantageTransportError):
        detail = with_socket_advice(describe_end(str(error)), path)
        return Ended(channel.now(), error.reason, detail)
    place = safe(path, 200) or address
    if isinstance(error, httpx.ConnectTimeout):
        detail = (
            tr("no TLS handshake with {place} in time", place=place)
            if channel.connected
            else tr("no connection to {place} in time", place=place)
        )
        return Ended(channel.now(), "timeout", detail)
    if isinstance(error, httpx.WriteTimeout):
        return Ended(channel.now(), "open", tr("sending the request took too long"))
    detail = describe_http2_end(str(error)) or describe_end(describe_error(error))
    if detail.isdigit():  # h2 says no more than the number of the stream.
        detail = tr("a frame of stream {detail}, which is not open", detail=detail)
    if isinstance(error, httpx.ConnectError) and channel.connected:
        return Ended(
            channel.now(),
            "tls",
            tr("TLS failed: {reason}", reason=with_tls_advice(detail)),
        )
    if isinstance(error, httpx.ConnectError):
        problem = with_socket_advice(
            tr("no connection to {place}: {detail}", place=place, detail=detail), path
        )
        return Ended(channel.now(), "refused", f"{problem}{kind_of_file(path)}")
    return Ended(channel.now(), "reset", detail)
