"""A stop in the middle of a measurement: nothing is concluded from what was timed across it."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest

from tests.cli.command import COMMAND
from tests.hostile.signals.wizards import HEAD, live_server, serving
from wizard.investigation.investigation import STOPPED


@contextlib.contextmanager
def stopping_server(processes: "list[subprocess.Popen[str]]") -> Iterator[tuple[str, list[bytes]]]:
    """A server with a live stream that stops its client at the stream's first request.

    The client is continued once its first event has waited for it. Gives the URL and the requests.
    """
    requests: list[bytes] = []
    is_first, ending = threading.Lock(), threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            requests.append(connection.recv(1 << 16))
            stops = b" /sse " in requests[-1] and is_first.acquire(blocking=False)
            if stops:
                processes[0].send_signal(signal.SIGSTOP)
                os.waitpid(processes[0].pid, os.WUNTRACED)
            connection.sendall(HEAD + b"data: x\n\n")
            if stops:
                ending.wait(6.0)  # longer than any wait of the client
                processes[0].send_signal(signal.SIGCONT)
            while not ending.wait(0.1):
                connection.sendall(b"data: x\n\n")

    with serving(serve) as url:
        try:
            yield url, requests
        finally:
            ending.set()


@pytest.mark.parametrize("is_post", [False, True], ids=["GET", "POST"])
def test_nothing_is_concluded(is_post: bool) -> None:
    processes: list[subprocess.Popen[str]] = []
    body = ["--data", "{}"] if is_post else []
    with live_server() as direct, stopping_server(processes) as (url, requests):
        process = subprocess.Popen(
            [*COMMAND, "check", url, "--direct", direct, "--stall", "5", *body],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert out.startswith("INCONCLUSIVE")
    assert STOPPED in " ".join(out.split())
    assert "held" not in out
    assert "late" not in out
    sent = [request for request in requests if b" /sse " in request]
    assert not is_post or len(sent) == 1
