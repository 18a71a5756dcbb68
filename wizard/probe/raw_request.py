"""Sends the exact bytes of a request: HTTP/1.0, or headers in an order that httpx would change.

Its transport stands in the place of httpx's own, so that a probe reports the same events.
"""

import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import httpcore
import httpx

from wizard.probe.network import tls_context
from wizard.probe.observed_stream import Observe, ObservedBackend
from wizard.text.messages import tr
from wizard.vantage.http.response import NO_RESPONSE, BadResponseError, FramedReader, Head, Part
from wizard.vantage.http.transport import make_response

_READ_BYTES = 1 << 16
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.ReadError, httpx.ReadError),
)
"""httpcore's exceptions, and httpx's of the same meaning."""


class RawTransport(httpx.AsyncBaseTransport):
    """Makes one request over one connection and sends `extensions["wire"]` as it is.

    The response's header is bounded by `MAX_HEAD_BYTES`; its body is read by its framing: chunks, a
    length, or the end of the connection.
    """

    def __init__(self, observe: Observe, *, insecure: bool = False, socket_path: str = "") -> None:
        """Connect to the URL's address, or to the Unix socket at `socket_path`.

        Incoming bytes are shown to `observe`.
        """
        self._observe, self._insecure, self._socket_path = observe, insecure, socket_path
        self._stack = AsyncExitStack()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the bytes and wait for status line and headers. Raises `httpx.TransportError`."""
        try:
            stream = await self._connect(request)
            wire, trace = request.extensions["wire"], request.extensions["trace"]
            await trace("http11.send_request_headers.started", {})
            await stream.write(wire, request.extensions["timeout"]["write"])
            await trace("http11.send_request_body.complete", {})
        except tuple(kind for kind, _ in _ERRORS) as error:
            raise _as_httpx(error) from error
        parts = _parts(stream, request.method)
        self._stack.push_async_callback(parts.aclose)
        head = await anext(parts, None)
        if not isinstance(head, Head):
            raise httpx.RemoteProtocolError(NO_RESPONSE)
        return make_response(head, parts)

    async def _connect(self, request: httpx.Request) -> httpcore.AsyncNetworkStream:
        url, trace = request.url, request.extensions["trace"]
        timeout_s, backend = (
            request.extensions["timeout"]["connect"],
            ObservedBackend(self._observe),
        )
        if self._socket_path:
            stream = await backend.connect_unix_socket(self._socket_path, timeout_s)
        else:
            port = url.port or (443 if url.scheme == "https" else 80)
            stream = await backend.connect_tcp(url.host, port, timeout_s)
        self._stack.push_async_callback(stream.aclose)
        await trace("connection.connect_tcp.complete", {"return_value": stream})
        if url.scheme != "https":
            return stream
        context = _tls_context(insecure=self._insecure)
        stream = await stream.start_tls(context, request.extensions["sni_hostname"], timeout_s)
        self._stack.push_async_callback(stream.aclose)
        await trace("connection.start_tls.complete", {"return_value": stream})
        return stream

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stack.aclose()


def _tls_context(*, insecure: bool) -> ssl.SSLContext:
    """A context without ALPN, as Nginx has for its upstreams; httpx sets it on its own ones."""
    return tls_context(tr("without ALPN"), insecure)


async def _parts(stream: httpcore.AsyncNetworkStream, method: str) -> AsyncGenerator[Part, None]:
    """Yield the response's parts as they come. Raises `httpx.TransportError`."""
    reader = FramedReader(method)
    try:
        while not reader.done:
            data = await stream.read(_READ_BYTES)
            for part in reader.feed(data) if data else reader.end():
                yield part
            if not data:
                return
    except BadResponseError as error:
        raise httpx.RemoteProtocolError(str(error)) from None
    except httpcore.ReadError as error:
        raise _as_httpx(error) from error


def _as_httpx(error: Exception) -> httpx.TransportError:
    kind = next(kind for known, kind in _ERRORS if isinstance(error, known))
    return kind(str(error))
