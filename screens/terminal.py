"""Open the wizard on this terminal, if it can draw it, and print the exit text afterwards."""

import contextlib
import os
import sys
from pathlib import Path

from screens.app import Wizard
from screens.exit_text import exit_text
from screens.saved_cases import interrupted_case, last_target, state_folder
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.model.target import Target
from wizard.text.errors import UsageError

BUG_STATUS = 70
_INSTEAD = "; without a screen: ssewizard check URL"


def open_in_terminal(given: Target | Investigation | None, apply_fix: ApplyFix | None) -> int:
    """Run the wizard and return the exit status. Raises `UsageError` on an unsuitable terminal."""
    require_terminal()
    investigation = Investigation(given) if isinstance(given, Target) else given
    app = Wizard(
        investigation,
        last_target=last_target(),
        interrupted=interrupted_case(),
        apply_fix=apply_fix,
    )
    app.run(mouse=False)
    app.save_on_exit()
    with contextlib.suppress(OSError):  # the terminal may be gone with its SSH session
        _print_exit_text(app)
    return BUG_STATUS if app.return_code else 0


def require_terminal() -> None:
    """Raise `UsageError` where Textual would hang (no terminal) or draw raw escape sequences."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"the wizard needs a terminal{_INSTEAD}")
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(f"this terminal (TERM) cannot draw the wizard{_INSTEAD}")
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        raise UsageError(f"the wizard needs UTF-8: set LC_ALL=C.UTF-8{_INSTEAD}")


def _print_exit_text(app: Wizard) -> None:
    if app.investigation is None:
        return
    sys.stdout.write(exit_text(app.investigation))
    if app.is_report_saved:
        path = _from_home(state_folder() / "last-report.txt")
        sys.stdout.write(f"\nThe whole report: {path}\n")
    sys.stdout.flush()


def _from_home(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
