"""The command `ssewizard`: the command line of `wizard/` with the screen of this package."""

import os
import sys

from wizard import __version__

TYPE_CHECKING = False
"""As in `typing`, whose import would take a third of the time of `ssewizard --version`."""
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.investigation.investigation import ApplyFix, Investigation
    from wizard.model.target import Target


def open_wizard(given: "Target | Investigation | None", apply_fix: "ApplyFix | None") -> int:
    """Open the wizard, or the lab if that is chosen there.

    Textual is imported here, so that no other command loads it.
    """
    from screens.terminal import open_in_terminal
    from wizard.cli.preferences import read_preferences

    status = open_in_terminal(given, apply_fix, read_preferences())
    return main(["lab"]) if status is None else status


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run the command `ssewizard` and return its exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words == ["--version"] and _print_version():
        return 0
    # The messages of a module are translated when it is imported, so the language comes first.
    from wizard.text.messages import choose_for

    if words:
        from wizard.cli.profile_language import language_words

        choose_for([*words, *language_words(words)], os.environ)
    else:
        choose_for(words, os.environ)
    from wizard.cli.main import main as run

    return run(words, open_wizard=open_wizard)


def _print_version() -> bool:
    """Print the version before the command line is imported; that reports what cannot be written.

    Returns: True if it was written.
    """
    if sys.stdout is None:
        return False
    try:
        sys.stdout.write(f"ssewizard {__version__}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
