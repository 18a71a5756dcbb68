"""A relay in front of a server, which keeps what is sent to it."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HEAD = re.compile(rb"^POST [^\r]*\r\n(?:[^\r]+\r\n)+\r\n", re.MULTILINE)
_USER_AGENT = re.compile(rb"(?i)^user-agent: *([^\r]*)", re.MULTILINE)
READ_BYTES = 65_536


class Relay:
    """Passes each connection on to the port of the server, byte for byte.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, port: int, server: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port, self._server = port, server
        self._sent: list[bytearray] = []
        """What was sent to the server, by connection."""
        self._joining: list[threading.Thread] = []

    def posts(self) -> list[str]:
        """The user agents of the POST requests so far."""
        heads = [head for sent in self._sent for head in _HEAD.findall(bytes(sent))]
        agents = [_USER_AGENT.search(head) for head in heads]
        return [agent[1].decode("latin-1") if agent else "" for agent in agents]

    def serve(self) -> None:
        """Accept connections until the relay is closed, and wait for their ends."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                sent = bytearray()
                self._sent.append(sent)
                joining = threading.Thread(target=_join, args=(client, self._server, sent))
                joining.start()
                self._joining.append(joining)
        for joining in self._joining:
            joining.join()

    def close(self) -> None:
        # Closing alone does not wake up a thread that waits in `accept`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _join(client: socket.socket, port: int, sent: bytearray) -> None:
    """Join a client with the server until one of them ends; keep what the client sends."""
    with client, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=_pass_on, args=(server, client, bytearray()))
        back.start()
        _pass_on(client, server, sent)
        back.join()


def _pass_on(source: socket.socket, goal: socket.socket, kept: bytearray) -> None:
    """Pass on what comes, until one side ends."""
    with suppress(OSError):
        while data := source.recv(READ_BYTES):
            kept += data
            goal.sendall(data)
    for end in (goal, source):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(port: int, server: int) -> Iterator[Relay]:
    """Run a relay from one port to another."""
    relay = Relay(port, server)
    serving = threading.Thread(target=relay.serve)
    serving.start()
    try:
        yield relay
    finally:
        relay.close()
        serving.join()
