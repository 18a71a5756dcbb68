"""What outlives the screen: the last report, the saved block, the case file. Secrets never do."""

import os
from collections.abc import Callable
from pathlib import Path

from screens.prompt import Question
from wizard import casefile
from wizard.casefile import Record, files
from wizard.conclusion import Recommendation
from wizard.errors import UsageError
from wizard.text import safe
from wizard.wire import plain

FIX_FILE = "ssewizard-fix.diff"


def home() -> Path:
    """Where the last case and report are kept (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if os.path.isabs(named) else Path.home() / ".local" / "state"
    return base / "ssewizard"


def write_private(path: Path, text: str) -> None:
    """Replace the file at once, readable by its owner alone. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_private(path, text)


def fix_text(made: Recommendation) -> str:
    """The block as comments and the diff below it: `patch` skips the former."""
    if made.diff is None:
        return made.block
    head = [f"ssewizard: {made.summary}", *made.block.splitlines()]
    return "".join(f"# {safe(line)}".rstrip() + "\n" for line in head) + made.diff


def save_question(made: Recommendation, said: Callable[[str], None]) -> Question:
    """Where to save the block and the diff."""
    name = FIX_FILE if made.diff is not None else "ssewizard-fix.conf"

    def write(path: Path, over: bool) -> None:
        with path.open("w" if over else "x", encoding="utf-8") as file:
            file.write(fix_text(made))

    return file_question("Save to", name, write, said)


def case_question(record: Callable[[], Record], said: Callable[[str], None]) -> Question:
    """Where to write the case file; `record` is what is known by then."""
    name = "ssewizard-case.json"
    return file_question("Case file", name, lambda path, _: casefile.write(path, record()), said)


def file_question(
    label: str, name: str, write: Callable[[Path, bool], None], said: Callable[[str], None]
) -> Question:
    """Asks for a file name, and again before a file is written over.

    Args:
        write: Writes there, over another file where it is told so. Raises `OSError`.
    """
    warned: set[Path] = set()

    def check(text: str) -> Path:
        path = Path(text.strip()).expanduser()
        if text.strip() in ("", "-") or "\0" in text or path.is_dir():
            raise UsageError("that is not a file name")
        if path.exists() and path not in warned:
            warned.add(path)
            raise UsageError(f"{safe(str(path), 200)} exists: Enter again writes over it")
        try:
            write(path, path in warned)
        except OSError as error:
            raise UsageError(f"{safe(str(path), 200)}: {plain(error)}") from None
        return path.absolute()

    return Question(label, check, lambda path: said(f"saved to {path}"), name)
