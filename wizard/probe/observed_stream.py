"""A connection of httpcore whose incoming bytes are shown to the probe as they are read."""

# ruff: noqa: ASYNC109 (the parameters are those of httpcore's interface)

import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

Observe = Callable[[bytes], Awaitable[None]]
"""Takes the bytes that were read; it may raise `httpx.TransportError` to end the request."""


class ObservedStream(httpcore.AsyncNetworkStream):
    """Passes everything on, and shows what is read. Over TLS, that is what was decrypted."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, observe: Observe) -> None:
        self._stream, self._observe = stream, observe

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        await self._observe(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return ObservedStream(stream, self._observe)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class ObservedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections whose incoming bytes are shown."""

    def __init__(self, observe: Observe) -> None:
        self._backend, self._observe = httpcore.AnyIOBackend(), observe

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return ObservedStream(stream, self._observe)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._backend.connect_unix_socket(path, timeout, socket_options)
        return ObservedStream(stream, self._observe)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
