"""The composition root: the command line of `wizard`, with the wizard's screen handed in."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wizard.cli import main as run
from wizard.model.target import Target

if TYPE_CHECKING:
    from wizard.investigation.investigation import ApplyFix, Investigation


def open_wizard(given: "Target | Investigation | None", apply_fix: "ApplyFix | None") -> int:
    """Import the screen only when it is wanted: headless commands never load Textual."""
    from screens.terminal import open_in_terminal

    return open_in_terminal(given, apply_fix)


def main(argv: Sequence[str] | None = None) -> int:
    """The command `ssewizard`."""
    return run(argv, open_wizard=open_wizard)


if __name__ == "__main__":
    sys.exit(main())
