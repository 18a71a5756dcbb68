"""A pseudo-terminal with a program in it, and the state in which the program leaves it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LONGEST_S = 10.0
"""How long, in seconds, is waited for anything here before the test fails."""
_SEQUENCE = re.compile(
    rb"\x1b\[\?(?P<modes>[\d;]+)(?P<set>[hl])|\x1b\[(?P<kitty>[<>=])(?P<flags>\d*)u"
)
INITIAL_MODES = {7: True, 25: True}
"""Line wrap and the cursor are on in a terminal; all other modes of ours are off."""


class Terminal:
    """A pseudo-terminal; a program is started in it as its foreground job.

    Attributes:
        output: All that was written to it.
    """

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        self.resize(40, 120)
        self.output = b""
        self.attributes = termios.tcgetattr(self._slave)

    def start(self, words: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start a program in a session of its own, with this terminal as the controlling one."""

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])

        return subprocess.Popen(
            words,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=dict(env),
            preexec_fn=take_terminal,
        )

    def type(self, keys: str) -> None:
        """Write to it as a keyboard does."""
        os.write(self.master, keys.encode())

    def read(self, within: float = 0.05) -> None:
        """Read what is written now."""
        with contextlib.suppress(OSError):
            while select.select([self.master], [], [], within)[0]:
                data = os.read(self.master, 1 << 16)
                if not data:
                    return
                self.output += data

    def wait_until(self, is_done: Callable[[], bool], what: str) -> None:
        """Read until the condition holds. Fails after `LONGEST_S`."""
        end = time.monotonic() + LONGEST_S
        while not is_done():
            assert time.monotonic() < end, f"{what}\n{self.output[-1500:]!r}"
            self.read()

    def wait_for(self, text: str, *, after: int = 0) -> None:
        """Read until this text was drawn after that many bytes of output."""
        self.wait_until(lambda: text.encode() in self.output[after:], f"no {text!r}")

    def set_modes_as_shell(self) -> None:
        """Set the modes of before, as a shell does when its job has stopped."""
        termios.tcsetattr(self._slave, termios.TCSANOW, self.attributes)

    def resize(self, lines: int, columns: int) -> None:
        """Change its size; the program gets SIGWINCH."""
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def modes(self) -> dict[int, bool]:
        """The private modes that were set or reset, as they are now (xterm, DECSET)."""
        modes = dict(INITIAL_MODES)
        for match in _SEQUENCE.finditer(self.output):
            for mode in (match["modes"] or b"").split(b";"):
                if mode:
                    modes[int(mode)] = match["set"] == b"h"
        return modes

    def kitty_stack(self) -> list[int]:
        """The stack of the keyboard protocol's flags, as it is now."""
        stack: list[int] = []
        for match in _SEQUENCE.finditer(self.output):
            kind, flags = match["kitty"], int(match["flags"] or 0)
            if kind == b">":
                stack.append(flags)
            elif kind == b"<":
                del stack[-1:]
            elif kind == b"=":
                stack[-1:] = [flags]
        return stack

    def assert_restored(self) -> None:
        """Assert that it is as it was before the program started."""
        self.read()
        assert termios.tcgetattr(self._slave) == self.attributes
        on = {mode for mode, is_on in self.modes().items() if is_on}
        assert on == set(INITIAL_MODES)
        assert self.kitty_stack() == []

    def assert_in_use(self) -> None:
        """Assert that a full-screen program has it: raw, alternate screen, no cursor."""
        local_modes = termios.tcgetattr(self._slave)[3]
        assert not local_modes & (termios.ICANON | termios.ECHO)
        modes = self.modes()
        assert modes[1049]
        assert not modes[25]

    def close(self) -> None:
        """Close both ends; a program in it gets SIGHUP."""
        for handle in (self.master, self._slave):
            with contextlib.suppress(OSError):
                os.close(handle)


def wizard_words(*args: str) -> list[str]:
    """Return the command that runs the wizard."""
    return [sys.executable, "-m", "screens", *args]


def wizard_env(state_home: Path) -> dict[str, str]:
    """Return the environment for a wizard with this state folder."""
    root = str(Path(__file__).parents[2])
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "HOME": str(state_home)}
    return {
        **kept,
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "XDG_STATE_HOME": str(state_home),
    }
