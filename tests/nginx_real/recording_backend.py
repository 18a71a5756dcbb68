"""A backend that keeps the head of each request as it came, and answers 200 without a body."""

import contextlib
import queue
import socket
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.events

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
WAIT_S = 10.0
TEXT = ("utf-8", "surrogateescape")


@dataclass(frozen=True)
class RequestHead:
    """A request's head: of HTTP/2, the pseudo headers are in `line` as HTTP/1.1 would have them."""

    line: str
    headers: tuple[tuple[str, str], ...]


class RecordingBackend:
    """Listens on a loopback port and on a unix socket; HTTP/2 is told from HTTP/1 by its first
    bytes.

    Attributes:
        port: The port.
        socket: The path of the unix socket.
    """

    def __init__(self, folder: str) -> None:
        self.socket = f"{folder}/socket"
        on_disk = socket.socket(socket.AF_UNIX)
        on_disk.bind(self.socket)
        on_disk.listen()
        self._listeners = (socket.create_server(("127.0.0.1", 0)), on_disk)
        self.port = int(self._listeners[0].getsockname()[1])
        self._heads: queue.Queue[RequestHead] = queue.Queue()
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def take(self) -> RequestHead | None:
        """The head that came since the last call; None if none did."""
        try:
            return self._heads.get_nowait()
        except queue.Empty:
            return None

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(WAIT_S)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                data += (more := connection.recv(65536))
                if not more:
                    return
            if data.startswith(b"PRI * HTTP/2"):
                self._serve_http2(connection, data)
                return
            line, *lines = data.partition(b"\r\n\r\n")[0].decode(*TEXT).split("\r\n")
            pairs = (each.partition(": ") for each in lines)
            self._heads.put(RequestHead(line, tuple((name, value) for name, _, value in pairs)))
            connection.sendall(ANSWER)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def _serve_http2(self, connection: socket.socket, data: bytes) -> None:
        config = h2.config.H2Configuration(
            client_side=False, header_encoding=None, validate_inbound_headers=False,
            normalize_inbound_headers=False,
        )  # fmt: skip
        session = h2.connection.H2Connection(config)
        session.initiate_connection()
        while data:
            for event in session.receive_data(data):
                if isinstance(event, h2.events.RequestReceived) and event.headers:
                    self._heads.put(_http2_head(event.headers))
                    session.send_headers(event.stream_id or 1, [(":status", "200")], True)
            connection.sendall(session.data_to_send())
            data = connection.recv(65536)


def _http2_head(fields: Iterable[tuple[bytes, bytes]]) -> RequestHead:
    headers = [(name.decode(*TEXT), value.decode(*TEXT)) for name, value in fields]
    values = dict(headers)
    line = f"{values[':method']} {values[':path']} HTTP/2"
    own = (":method", ":path", ":scheme")
    return RequestHead(line, tuple(pair for pair in headers if pair[0] not in own))


@contextlib.contextmanager
def recording_backend() -> Iterator[RecordingBackend]:
    """A backend that runs."""
    with tempfile.TemporaryDirectory() as folder:
        backend = RecordingBackend(folder)
        try:
            yield backend
        finally:
            backend.close()


def send_http1(port: int, line: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
    """Send this head and body over HTTP/1.1; return the answer's status."""
    head = "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""])
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as connection:
        connection.sendall(head.encode(*TEXT) + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += (more := connection.recv(65536))
            if not more:
                break
    return int(answer.split(b" ")[1]) if answer else 0


def send_http2(port: int, headers: Sequence[tuple[str, str]], body: bytes) -> int:
    """Send these headers, pseudo headers first, over HTTP/2 without TLS; return the status."""
    config = h2.config.H2Configuration(
        client_side=True, header_encoding=None, validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )  # fmt: skip
    session = h2.connection.H2Connection(config)
    session.initiate_connection()
    session.send_headers(1, list(headers), end_stream=not body)
    if body:
        session.send_data(1, body, end_stream=True)
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as connection:
        connection.sendall(session.data_to_send())
        while data := connection.recv(65536):
            for event in session.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived) and event.headers:
                    return int(dict(event.headers)[b":status"])
            connection.sendall(session.data_to_send())
    return 0
