"""Textual's driver for a real terminal, made to come back from any stop and to notice its loss.

Textual's own handlers of SIGTSTP and SIGCONT start a second thread for the input after SIGSTOP,
take the raw mode for the one to restore, and write to a queue inside of a signal handler, which
can block for ever. Here signals are handled by the event loop.
"""

import errno
import os
import select
import signal
import sys
import termios
import tty
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import (
    KITTY_DISAMBIGUATE_ESCAPE_CODES,
    KITTY_REPORT_ALL_KEYS,
    KITTY_REPORT_ASSOCIATED_TEXT,
    LinuxDriver,
)

from screens.screen_diff import ScreenDiff
from screens.terminal_output import TerminalOutput

if TYPE_CHECKING:
    from textual.app import App
    from textual.geometry import Size

CHECK_INTERVAL_S = 1.0
"""How often, in seconds, the driver looks whether the terminal is still there."""
_MODES = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l"
"""Alternate screen, no cursor, focus events, bracketed paste, no line wrap."""
_KITTY_FLAGS = (
    KITTY_DISAMBIGUATE_ESCAPE_CODES | KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ASSOCIATED_TEXT
)


class FrameWriter:
    """Reduces what Textual writes; a frame goes out at once with the marks of its begin and end.

    The marks (DEC mode 2026, synchronised output) are written by Textual where the terminal has
    answered that it knows them.
    """

    def __init__(self) -> None:
        self._diff = ScreenDiff()
        self._size: Size | None = None
        self._is_synchronised = self._must_forget = False

    def forget(self) -> None:
        """Write the next frames in full. May be called in any thread."""
        self._must_forget = True

    def prepare(self, data: str, size: "Size | None" = None) -> str:
        """Return what to write; may be empty.

        Args:
            size: For what size of the terminal it was drawn. A terminal of another size shows
                something else after the change.
        """
        if data in (SYNC_START, SYNC_END):
            self._is_synchronised = data == SYNC_START
            return ""
        if self._must_forget or size != self._size:
            self._must_forget, self._size = False, size
            self._diff.forget()
        text = self._diff.reduce(data)
        return f"{SYNC_START}{text}{SYNC_END}" if text and self._is_synchronised else text


class TerminalDriver(LinuxDriver):
    """Draws on the terminal of standard input and output."""

    class Lost(events.Event):
        """Sent to the app when the terminal is gone, or this process can never use it again."""

    def __init__(
        self,
        app: "App[Any]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdout__ is not None  # see `terminal.require_terminal`
        terminal = sys.__stdout__.fileno()
        # A file as far as Textual's writer thread uses one.
        self._file: Any = TerminalOutput(terminal, self._report_lost, self.redraw)
        self._frames = FrameWriter()
        self._is_lost = self._is_drawing = False
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._loop.add_signal_handler(signal.SIGCONT, self._restore_modes)
        self._loop.call_later(CHECK_INTERVAL_S, self._check_terminal)

    def write(self, data: str) -> None:
        """Write a frame, reduced to what changes on the terminal, or another sequence."""
        if text := self._frames.prepare(data, self._app.size):
            super().write(text)

    def start_application_mode(self) -> None:
        """Take the terminal: alternate screen, raw mode, the threads."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._is_drawing = True

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self._is_drawing = False
        super().stop_application_mode()

    def _suspend(self) -> None:
        """Give the terminal back, stop the whole job, and draw again once it is continued.

        The job: a wrapper such as `make` or `uv run` that does not stop would keep the shell
        waiting. In an orphaned process group (`ssh -t HOST ssewizard`) the kernel ignores the
        signal, where SIGSTOP would stop for ever.
        """
        if not self._is_drawing:
            return
        self.suspend_application_mode()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(0, signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        if wait_for_foreground(self.fileno):
            self._must_signal_resume = True
            self.resume_application_mode()
        else:
            self._report_lost()

    def _restore_modes(self) -> None:
        """Set the terminal's modes again after SIGSTOP: the shell has changed them meanwhile.

        The threads and the queue have only been stopped, and go on by themselves.
        """
        if not self._is_drawing:
            return
        if not wait_for_foreground(self.fileno):
            self._report_lost()
            return
        self._set_raw()
        self.write(_MODES)
        if not constants.DISABLE_KITTY_KEY:
            # Set, not pushed: one pop at the end must suffice.
            self.write(f"\x1b[={_KITTY_FLAGS}u")
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()
        self.redraw()

    def _set_raw(self) -> None:
        attributes = termios.tcgetattr(self.fileno)
        attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
        attributes[tty.IFLAG] = self._patch_iflag(attributes[tty.IFLAG])
        attributes[tty.CC][termios.VMIN] = 1
        termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def redraw(self) -> None:
        """Let the app draw the whole screen again, whatever the terminal shows now."""
        self._frames.forget()
        self.send_message(self.SignalResume())

    def _check_terminal(self) -> None:
        """Look for a hang-up: reading from such a terminal returns nothing, without an error."""
        poll = select.poll()
        poll.register(self.fileno, 0)  # errors and hang-ups are always reported
        if poll.poll(0):
            self._report_lost()
        else:
            self._loop.call_later(CHECK_INTERVAL_S, self._check_terminal)

    def _report_lost(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self.send_message(self.Lost())

    def _run_input_thread(self) -> None:
        """Read keys; an error means that the terminal is gone."""
        try:
            self.run_input_thread()
        except OSError:
            self._report_lost()


def wait_for_foreground(terminal: int) -> bool:
    """Wait until this job may use the terminal; False if it never can.

    In the background (after `bg`) the kernel stops the whole job at `tcsetattr`, by SIGTTOU, until
    it is continued; in an orphaned process group the call fails (termios(3), POSIX.1-2017 11.1.4).
    """
    while True:
        try:
            termios.tcsetattr(terminal, termios.TCSANOW, termios.tcgetattr(terminal))
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                return False
        else:
            return True
