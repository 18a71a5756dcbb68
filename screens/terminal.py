"""The wizard on this terminal: only where it can be drawn, and whatever happens, put back."""

import contextlib
import os
import sys
from pathlib import Path

from screens.app import Wizard
from screens.exit_text import last_words
from screens.saved_cases import cut_off, home, last_case
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.model.target import Target
from wizard.text.errors import UsageError

BUG = 70
_INSTEAD = "; without a screen: ssewizard check URL"


def open_in_terminal(given: Target | Investigation | None, apply_fix: ApplyFix | None) -> int:
    """Open the wizard and return the exit status. Raises `UsageError` where it cannot be drawn."""
    require_terminal()
    known = Investigation(given) if isinstance(given, Target) else given
    app = Wizard(known, last_case=last_case(), cut_off=cut_off(), apply_fix=apply_fix)
    app.run(mouse=False)
    app.leave()
    with contextlib.suppress(OSError):  # the terminal may be gone with its SSH session
        _say_goodbye(app)
    return BUG if app.return_code else 0


def require_terminal() -> None:
    """Textual hangs without a terminal, and draws boxes of escapes on a dumb one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"the wizard needs a terminal{_INSTEAD}")
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(f"this terminal (TERM) cannot draw the wizard{_INSTEAD}")
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        raise UsageError(f"the wizard needs UTF-8: set LC_ALL=C.UTF-8{_INSTEAD}")


def _say_goodbye(app: Wizard) -> None:
    investigation = app.investigation
    if investigation is None:
        return
    sys.stdout.write(last_words(investigation))
    report = home() / "last-report.txt"
    if app.report_kept:
        sys.stdout.write(f"\nThe whole report: {_short(report)}\n")
    sys.stdout.flush()


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
