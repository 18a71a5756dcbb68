"""The case of a wizard that runs, kept in a file of its own; and the one that was cut off.

A file `case-PID-….json` belongs to one wizard, which holds the lock beside it. A clean end makes
it the last case; where its wizard is gone without one, the next one offers it.
"""

import contextlib
import errno
import fcntl
import os
import platform
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from screens.widgets.prompt import Question
from wizard.investigation import casefile
from wizard.investigation.casefile import CaseRecord
from wizard.model.diagnosis import Recommendation
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError, describe_error
from wizard.text.redaction import redact

FIX_FILE = "ssewizard-fix.diff"


def home() -> Path:
    """Where the last case and report are kept (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if os.path.isabs(named) else Path.home() / ".local" / "state"
    return base / "ssewizard"


def write_private(path: Path, text: str) -> None:
    """Replace the file at once, readable by its owner alone. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    casefile.write_private(path, text)


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


def case_question(record: Callable[[], CaseRecord], said: Callable[[str], None]) -> Question:
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
            raise UsageError(f"{safe(str(path), 200)}: {describe_error(error)}") from None
        return path.absolute()

    return Question(label, check, lambda path: said(f"saved to {path}"), name)


class Lock:
    """A file that is locked from the first `take` to `free`, or until this process is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Lock it, unless that was done. Raises `OSError` where the file cannot be made."""
        if self._handle is not None:
            return
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.suppress(OSError):  # not every file system has locks: see `is_held`
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def free(self) -> None:
        """Leave no trace of it."""
        if self._handle is not None:
            remove(self._path)
            os.close(self._handle)
            self._handle = None


def is_held(path: Path, pid: int) -> bool:
    """Whether the process that made the lock still runs; `pid` was its id, and counts only where
    the file system has no locks."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Shared: of two that look at the same time, neither takes the other for the owner.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES) or _is_known(pid)
    finally:
        os.close(handle)
    return False


def remove(path: Path) -> None:
    """Remove the lock file, if there is one."""
    with contextlib.suppress(OSError):
        path.unlink()


def _is_known(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True


LAST = "last-case.json"
KEPT = 10
"""How many cases of wizards that are gone are kept; the oldest are removed."""
STALE_S = 7 * 86_400.0
"""From this age on, in seconds, a case is not offered any more."""
_NAME = re.compile(r"case-([1-9][0-9]{0,9})-[0-9a-f]+-(.*?)\.json")


def _host() -> str:
    """This machine, as the name of a file can hold it: homes are shared between machines."""
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:60]


class Kept:
    """The file of this wizard's case."""

    def __init__(self) -> None:
        name = f"case-{os.getpid()}-{secrets.token_hex(3)}-{_host()}.json"
        self._path = home() / name
        self._held = Lock(_lock_of(self._path))
        self._lock = threading.Lock()
        self._newest = 0.0

    @property
    def is_begun(self) -> bool:
        """Whether something was kept."""
        return self._path.exists()

    def keep(self, record: CaseRecord) -> None:
        """Write what is known now, unless something newer is there. Raises `OSError`."""
        with self._lock:
            if record.saved >= self._newest:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._held.take()
                casefile.write(self._path, record)
                self._newest = record.saved

    def adopt(self, cut: "CutOff") -> None:
        """Go on with a case that was cut off: it is offered to nobody else. Raises `OSError`."""
        self._held.take()
        cut.path.replace(self._path)
        remove(_lock_of(cut.path))

    def finish(self) -> None:
        """A clean end: this is the last case. Raises `OSError`."""
        self._path.replace(home() / LAST)

    def leave(self) -> None:
        """The wizard is gone: a case that is not finished is offered from now on."""
        self._held.free()


def _lock_of(case: Path) -> Path:
    return case.with_suffix(".lock")


@dataclass(frozen=True, slots=True)
class CutOff:
    """A case whose wizard is gone without a clean end; `record` holds it without its configs."""

    path: Path
    record: CaseRecord

    @property
    def words(self) -> str:
        """The offer, without the key."""
        known = self.record
        at = _moment(known.saved)
        steps = "1 step" if known.done == 1 else f"{known.done} steps"
        url = safe(known.case.target.url, 60)
        return f"An investigation of {url} was cut off {at}, {steps} done"

    def is_about(self, target: Target) -> bool:
        """Whether it looks into the same URL."""
        return redact(self.record.case.target.url) == redact(target.url)


def _moment(at: float) -> str:
    """The time by this machine's clock; the date too, where that is not today."""
    then, now = time.localtime(at), time.localtime()
    if then[:3] == now[:3]:
        return time.strftime("at %H:%M", then)
    return time.strftime("on %Y-%m-%d at %H:%M", then)


def cut_off() -> CutOff | None:
    """The newest case that was cut off; too many old ones are removed."""
    found = sorted(_left_behind(), reverse=True)
    for _, path in found[KEPT:]:
        with contextlib.suppress(OSError):
            path.unlink()
        remove(_lock_of(path))
    for at, path in found[:KEPT]:
        with contextlib.suppress(UsageError):
            if time.time() - at < STALE_S:
                return CutOff(path, casefile.read(path, configs=False))
    return None


def _left_behind() -> list[tuple[float, Path]]:
    """When each was written, and where it is."""
    made = []
    with contextlib.suppress(OSError):
        for path in home().iterdir():
            name = _NAME.fullmatch(path.name)
            if name and name[2] == _host() and not is_held(_lock_of(path), int(name[1])):
                made.append((path.stat().st_mtime, path))
    return made


def last_case() -> Target | None:
    """The target of the case before this one; None if there is none that can be read."""
    try:
        known = casefile.read(home() / LAST, configs=False).case.target
    except UsageError:
        return None
    places = (*known.direct, *known.logs, *filter(None, [known.conf]))
    if any(place.vantage != "local" or place.command for place in places):
        known = replace(known, direct=(), logs=(), conf=None)
    return replace(known, headers=(), vantages=(), hops=())
