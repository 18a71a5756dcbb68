"""Open the wizard on this terminal, if it can draw it, and print the exit text afterwards."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from screens.app import Wizard
from screens.preferences import check_theme, is_mouse_wanted
from screens.saved_cases import read_newest, read_offers
from screens.state_folder import state_folder
from screens.terminal_output import TerminalOutput
from wizard.investigation.ending_signals import ENDING_SIGNALS
from wizard.model.preferences import Preferences
from wizard.text.errors import UsageError
from wizard.text.messages import tr

if TYPE_CHECKING:
    from wizard.investigation.investigation import ApplyFix, Investigation
    from wizard.model.target import Target

BUG_STATUS = 70
SIGNAL_STATUS = 128
"""The exit status after a signal is this and the signal's number, as in a shell."""
_INSTEAD = tr("; without a screen: ssewizard check URL")


def open_in_terminal(
    given: "Target | Investigation | None",
    apply_fix: "ApplyFix | None",
    preferences: Preferences,
) -> int | None:
    """Run the wizard and return the exit status; None if the lab is to be opened next.

    Raises `UsageError` on an unsuitable terminal, and for preferences that make no sense.
    """
    require_terminal()
    check_theme(preferences)
    if preferences.keys:
        # Imported here: few users change keys, and the first frame needs no module of theirs.
        from screens.keymap import check_keys

        check_keys(preferences)
    read = read_offers if given is None else read_newest
    app = Wizard(given, read_offers=read, apply_fix=apply_fix, preferences=preferences)
    app.run(mouse=is_mouse_wanted(preferences))
    with _ignoring(ENDING_SIGNALS):  # a lost connection sends more than one
        app.save_on_exit()
    output = TerminalOutput(sys.stdout.fileno())  # the terminal may be gone with its SSH session
    output.write(_exit_text(app))
    output.close()
    if app.loading_error is not None:
        raise app.loading_error
    if app.wants_lab:
        return None
    if app.ended_by is not None:
        return SIGNAL_STATUS + app.ended_by
    return BUG_STATUS if app.return_code else 0


@contextlib.contextmanager
def _ignoring(numbers: Sequence[signal.Signals]) -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def require_terminal() -> None:
    """Raise `UsageError` where Textual would hang (no terminal) or draw raw escape sequences."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(tr("the wizard needs a terminal{instead}", instead=_INSTEAD))
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(
            tr("this terminal (TERM) cannot draw the wizard{instead}", instead=_INSTEAD)
        )
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        raise UsageError(
            tr("the wizard needs UTF-8: set LC_ALL=C.UTF-8{instead}", instead=_INSTEAD)
        )


def _exit_text(app: Wizard) -> str:
    if app.investigation is None:
        return ""
    from screens.exit_text import exit_text

    text = exit_text(app.investigation)
    if app.is_report_saved:
        path = _from_home(state_folder() / "last-report.txt")
        text += f"\n{tr('The whole report: {path}', path=path)}\n"
    return text


def _from_home(path: Path) -> str:
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
