"""The command `ssewizard`: the command line of `wizard/` with the screen of this package."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wizard.cli import main as run
from wizard.model.target import Target

if TYPE_CHECKING:
    from wizard.investigation.investigation import ApplyFix, Investigation


def open_wizard(given: "Target | Investigation | None", apply_fix: "ApplyFix | None") -> int:
    """Open the wizard. Textual is imported here, so that no other command loads it."""
    from screens.terminal import open_in_terminal

    return open_in_terminal(given, apply_fix)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `ssewizard` and return its exit status."""
    return run(argv, open_wizard=open_wizard)


if __name__ == "__main__":
    sys.exit(main())
