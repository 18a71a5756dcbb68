"""A server on loopback that follows a script: what it sends, and what it waits for."""

import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.probe.websocket import accept_of

LONGEST_CONNECTION_S = 60.0
"""Nothing is sent over one connection for longer than this, in seconds."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Read until these bytes have come; an empty value waits for any bytes."""

    bytes: bytes


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send the same bytes again and again, with `every_s` seconds between.

    Attributes:
        times: How often; 0 repeats until the client leaves.
    """

    bytes: bytes
    times: int = 0
    every_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so many seconds."""

    seconds: float


UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
REQUEST = Wait(b"\r\n\r\n")
"""Wait for the end of the request's header."""
Ending = Literal["hold", "reset", "half-close", "upgrade"]
"""`upgrade` opens the WebSocket that was asked for, after which the script goes on. `hold` keeps
the connection open until the client leaves, `reset` sends RST, `half-close` sends FIN and holds. A
script that ends without one of these closes the connection."""
Act = bytes | Wait | Repeat | Pause | Ending
Script = Sequence[Act]


class Server:
    """Runs one script for each connection, at the same time for several of them.

    Attributes:
        port: The port on 127.0.0.1.
    """

    def __init__(
        self,
        script: Script,
        context: ssl.SSLContext | None = None,
        by_protocol: Mapping[str, Script] | None = None,
    ) -> None:
        """With a TLS context the script runs inside TLS; `by_protocol` has other scripts for
        clients with which a protocol is agreed by ALPN."""
        self._script, self._context = script, context
        self._by_protocol = by_protocol or {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(LONGEST_CONNECTION_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._secured(connection) as stream:
                _Conversation(stream, self._closing).follow(self._script_for(stream))
        except OSError:
            pass  # The client has left, or wants no such TLS.
        finally:
            connection.close()

    def _script_for(self, stream: socket.socket) -> Script:
        agreed = stream.selected_alpn_protocol() if isinstance(stream, ssl.SSLSocket) else None
        return self._by_protocol.get(agreed or "", self._script)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._context is None:
            return connection
        return self._context.wrap_socket(connection, server_side=True)

    def close(self) -> None:
        """Accept nothing more; what is under way ends as its client leaves."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class _Conversation:
    """One connection, on which a script is followed."""

    def __init__(self, stream: socket.socket, closing: threading.Event) -> None:
        self._stream, self._closing, self._received, self._head = stream, closing, b"", b""
        self._until = time.monotonic() + LONGEST_CONNECTION_S

    def follow(self, script: Script) -> None:
        """Raises `OSError` once the client has left."""
        for act in script:
            match act:
                case bytes():
                    self._stream.sendall(act)
                case Wait():
                    self._wait(act.bytes)
                case Repeat():
                    self._repeat(act)
                case Pause():
                    self._closing.wait(act.seconds)
                case "upgrade":
                    self._upgrade()
                case "hold":
                    self._hold()
                case "reset":
                    self._reset()
                case "half-close":
                    self._stream.shutdown(socket.SHUT_WR)
                    self._hold()

    def _wait(self, awaited: bytes) -> None:
        while awaited not in self._received or not self._received:
            data = self._stream.recv(1 << 16)
            if not data:
                raise ConnectionError
            self._received += data
        self._head, _, rest = self._received.partition(awaited) if awaited else (b"", b"", b"")
        self._received = rest

    def _upgrade(self) -> None:
        (key,) = re.findall(rb"(?i)\r\nSec-WebSocket-Key: (\S+)", self._head) or [b""]
        accept = accept_of(key.decode()).encode()
        self._stream.sendall(UPGRADED + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    def _repeat(self, act: Repeat) -> None:
        count = 0
        while self._is_open() and (not act.times or count < act.times):
            self._stream.sendall(act.bytes)
            count += 1
            if act.every_s:
                self._closing.wait(act.every_s)

    def _is_open(self) -> bool:
        return not self._closing.is_set() and time.monotonic() < self._until

    def _hold(self) -> None:
        while self._stream.recv(1 << 16):
            pass

    def _reset(self) -> None:
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(self._stream, ssl.SSLSocket):
            socket.socket(fileno=self._stream.detach()).close()
        else:
            self._stream.close()


@contextlib.contextmanager
def serving(
    script: Script,
    context: ssl.SSLContext | None = None,
    by_protocol: Mapping[str, Script] | None = None,
) -> Iterator[int]:
    """Run a server with these scripts; gives its port."""
    server = Server(script, context, by_protocol)
    try:
        yield server.port
    finally:
        server.close()
