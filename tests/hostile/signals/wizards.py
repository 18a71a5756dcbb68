"""A wizard in a pseudo-terminal, in the middle of a step, on a server with a live stream."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.screens.terminal import Terminal, wizard_env, wizard_words

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
FOOTER = "quit"
"""A word of the last line that the wizard draws."""


@contextlib.contextmanager
def live_server() -> Iterator[str]:
    """Run a server that sends an event at once and every tenth of a second; gives its URL."""
    ending = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(HEAD)
            while not ending.wait(0.1):
                connection.sendall(b"data: x\n\n")

    with serving(serve) as url:
        try:
            yield url
        finally:
            ending.set()


@contextlib.contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept connections on loopback, each served in a thread; gives the URL of a stream."""

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sse"


@dataclass(frozen=True)
class Started:
    """A wizard that has finished its first step and goes on.

    Attributes:
        process: It, or the shell that has started it.
    """

    terminal: Terminal
    process: "subprocess.Popen[bytes]"
    state: Path

    def saved(self) -> list[str]:
        """The names of the files in its state folder, without what is random in them."""
        return sorted(path.name.partition("-")[0] for path in self.state.rglob("*.*"))

    def wait_for_end(self) -> int:
        """Wait for its end and return its exit status."""
        self.terminal.wait_until(lambda: self.process.poll() is not None, "it does not end")
        return int(self.process.returncode)

    def wait_for_redraw(self) -> int:
        """Wait until the last line is drawn after what is written by now; return where that is."""
        written = len(self.terminal.output)
        self.terminal.wait_for(FOOTER, after=written)
        return written

    def stop(self) -> None:
        """Stop it by SIGSTOP and wait until it has stopped."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        self.terminal.read()


@contextlib.contextmanager
def wizard(url: str, state: Path, *, wrapper: tuple[str, ...] = ()) -> Iterator[Started]:
    """Start a wizard, let it run all steps, and wait until the first one is saved."""
    terminal = Terminal()
    process = terminal.start([*wrapper, *wizard_words(url, "--stall", "5")], wizard_env(state))
    try:
        terminal.wait_for(FOOTER)
        terminal.type("a")
        terminal.wait_until(lambda: any(state.rglob("case-*.json")), "nothing is saved")
        yield Started(terminal, process, state)
    finally:
        process.kill()
        process.wait()
        terminal.close()
