"""A port on loopback where connecting takes for ever: a peer that is gone without a word."""

import contextlib
import socket

FILLING = 3
"""Connections that fill a queue meant for none; Linux lets one in, and some wait half open."""


class Stuck:
    """Listens, accepts nobody, and has its queue full; from the start to `close`."""

    def __init__(self) -> None:
        self._sockets = [socket.socket() for _ in range(1 + FILLING)]
        listening, *filling = self._sockets
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        self.port = int(listening.getsockname()[1])
        for one in filling:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", self.port))

    def close(self) -> None:
        """Give the port back."""
        for one in self._sockets:
            one.close()
