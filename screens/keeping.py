"""What outlives the screen: the last case, the last report, the saved block. Secrets never do."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from screens.prompt import Question
from wizard.conclusion import Recommendation
from wizard.errors import UsageError
from wizard.model import Place, Target
from wizard.text import redact, safe
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
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    fresh.replace(path)


def keep_case(target: Target) -> None:
    """Remember the URLs and files, never a header. Raises `OSError`."""
    known = {
        "url": redact(target.url),
        "direct": [redact(place.what) for place in target.direct],
        "conf": target.conf.what if target.conf else None,
        "logs": [place.what for place in target.logs],
        "insecure": target.insecure,
    }
    write_private(home() / "last-case.json", json.dumps(known, indent=1) + "\n")


def last_case() -> Target | None:
    """The case before this one; None if there is none that can be read."""
    try:
        known = json.loads((home() / "last-case.json").read_text("utf-8"))
        return Target(
            str(known["url"]),
            direct=tuple(Place(str(url)) for url in known["direct"]),
            conf=Place(str(known["conf"])) if known["conf"] is not None else None,
            logs=tuple(Place(str(path)) for path in known["logs"]),
            insecure=bool(known["insecure"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fix_text(made: Recommendation) -> str:
    """The block as comments and the diff below it: `patch` skips the former."""
    if made.diff is None:
        return made.block
    head = [f"ssewizard: {made.summary}", *made.block.splitlines()]
    return "".join(f"# {safe(line)}".rstrip() + "\n" for line in head) + made.diff


def save_question(made: Recommendation, said: Callable[[str], None]) -> Question:
    """Asks for a file name, and again before a file is written over."""
    warned: set[Path] = set()

    def check(text: str) -> Path:
        path = Path(text.strip()).expanduser()
        if not text.strip() or "\0" in text or path.is_dir():
            raise UsageError("that is not a file name")
        if path.exists() and path not in warned:
            warned.add(path)
            raise UsageError(f"{safe(str(path), 200)} exists: Enter again writes over it")
        return _written(path, fix_text(made), over=path in warned)

    name = FIX_FILE if made.diff is not None else "ssewizard-fix.conf"
    return Question("Save to", check, lambda path: said(f"saved to {path}"), name)


def _written(path: Path, text: str, *, over: bool) -> Path:
    try:
        with path.open("w" if over else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{safe(str(path), 200)}: {plain(error)}") from None
    return path.absolute()
