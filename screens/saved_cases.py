"""The wizard's case, saved as it goes, and the cases of wizards that were interrupted.

A file `case-PID-….json` belongs to one wizard, which holds a lock file beside it. A clean exit
makes it the last case. If the wizard is gone without one, the next wizard offers to open it.
"""

import contextlib
import errno
import fcntl
import os
import platform
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from screens.state_folder import existing_folder, private_folder, state_folder
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import plural, tr
from wizard.text.redaction import redact

if TYPE_CHECKING:
    from wizard.investigation.casefile import CaseRecord, CaseSummary

LAST_CASE = "last-case.json"
MAX_SAVED_CASES = 10
"""How many cases of interrupted wizards are kept; the oldest are deleted."""
MAX_AGE_S = 7 * 86_400.0
"""How old, in seconds, an interrupted case may be to be offered."""
_CASE_NAME = re.compile(r"case-([1-9][0-9]{0,9})-[0-9a-f]+-(.*?)\.json")


class Lock:
    """A lock file, held from the first `acquire` to `release` or to the end of this process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Lock it, unless it is held. Raises `OSError` if the file cannot be created."""
        if self._handle is not None:
            return
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.suppress(OSError):  # not every file system has locks: see `is_held`
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Remove the file and unlock it."""
        if self._handle is not None:
            remove_lock(self._path)
            os.close(self._handle)
            self._handle = None


def is_held(path: Path, pid: int) -> bool:
    """True if the process that created the lock file still runs.

    Args:
        pid: Its id; it is used only where the file system has no locks.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Shared: of two wizards that look at once, neither takes the other for the owner.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES) or _is_running(pid)
    finally:
        os.close(handle)
    return False


def remove_lock(path: Path) -> None:
    """Remove the lock file, if there is one."""
    with contextlib.suppress(OSError):
        path.unlink()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it belongs to another user
    return True


def _lock_path(case: Path) -> Path:
    return case.with_suffix(".lock")


def _host() -> str:
    """Return this machine's name for a file name: home folders are shared between machines."""
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:60]


class Autosave:
    """The file of this wizard's case."""

    def __init__(self) -> None:
        name = f"case-{os.getpid()}-{os.urandom(3).hex()}-{_host()}.json"
        self._path = state_folder() / name
        self._file_lock = Lock(_lock_path(self._path))
        self._thread_lock = threading.Lock()
        self._newest = 0.0

    @property
    def has_case(self) -> bool:
        """True if a case was saved."""
        with contextlib.suppress(OSError):
            return self._path.exists()
        return False

    def save(self, record: "CaseRecord") -> None:
        """Write the record, unless a newer one was written. Raises `OSError`."""
        from wizard.investigation import casefile

        with self._thread_lock:
            if record.saved >= self._newest:
                private_folder()
                self._file_lock.acquire()
                casefile.write(self._path, record)
                self._newest = record.saved

    def adopt(self, case: "InterruptedCase") -> None:
        """Take over an interrupted case, so that no other wizard offers it. Raises `OSError`."""
        private_folder()
        self._file_lock.acquire()
        case.path.replace(self._path)
        remove_lock(_lock_path(case.path))

    def finish(self) -> None:
        """Make this case the last case, after a clean exit. Raises `OSError`."""
        self._path.replace(state_folder() / LAST_CASE)

    def release(self) -> None:
        """Release the lock: from now on, a case that is not finished is offered."""
        self._file_lock.release()


@dataclass(frozen=True, slots=True)
class InterruptedCase:
    """A case whose wizard ended without a clean exit."""

    path: Path
    record: "CaseSummary"

    @property
    def summary(self) -> str:
        """The offer to open it, without the key."""
        record = self.record
        at = _time_text(record.saved)
        steps = plural(record.done, "step")
        url = safe(record.case.target.url, 60)
        return tr(
            "An investigation of {url} was interrupted {at}, {steps} done",
            url=url,
            at=at,
            steps=steps,
        )

    def is_about(self, target: Target) -> bool:
        """True if it is about the same URL."""
        return redact(self.record.case.target.url) == redact(target.url)


@dataclass(frozen=True, slots=True)
class Offers:
    """What there is to choose beside a new investigation and the lab.

    Attributes:
        cases: The cases that were cut off, newest first.
        problems: Why others cannot be offered, a sentence for each.
        last: The target of the last case; None if there is none.
    """

    cases: Sequence[InterruptedCase] = ()
    problems: Sequence[str] = ()
    last: Target | None = None


def read_offers() -> Offers:
    """Read all cases that were cut off, and the target of the last case."""
    problems: list[str] = []
    return Offers(tuple(interrupted_cases(problems.append)), problems, last_target())


def read_newest() -> Offers:
    """Read the newest case that was cut off; no older one is read."""
    problems: list[str] = []
    case = interrupted_case(problems.append)
    return Offers((case,) if case else (), problems)


def _time_text(at: float) -> str:
    """Return the time by this machine's clock, with the date unless it is today."""
    then, now = time.localtime(at), time.localtime()
    if then[:3] == now[:3]:
        return tr("at {time}", time=time.strftime("%H:%M", then))
    day, clock = time.strftime("%Y-%m-%d", then), time.strftime("%H:%M", then)
    return tr("on {day} at {time}", day=day, time=clock)


def interrupted_case(skipped: Callable[[str], object] = len) -> InterruptedCase | None:
    """Return the newest of `interrupted_cases`; no older one is read."""
    return next(interrupted_cases(skipped), None)


def interrupted_cases(skipped: Callable[[str], object] = len) -> Iterator[InterruptedCase]:
    """Yield the interrupted cases of the last week, newest first; delete all but the ten newest.

    `skipped` gets one sentence for each that cannot be read.
    """
    cases = sorted(_interrupted_files(), reverse=True)
    for _, path in cases[MAX_SAVED_CASES:]:
        with contextlib.suppress(OSError):
            path.unlink()
        remove_lock(_lock_path(path))
    for written, path in cases[:MAX_SAVED_CASES]:
        if time.time() - written >= MAX_AGE_S:
            return
        try:
            yield InterruptedCase(path, _read_summary(path))
        except UsageError as error:
            why = str(error).removeprefix(f"{safe(str(path), 200)}: ")
            skipped(tr("{name} cannot be opened: {why}", name=safe(path.name, 100), why=why))


def _read_summary(path: Path) -> "CaseSummary":
    """The summary of a case file. Raises `UsageError`."""
    from wizard.investigation import casefile  # so late: without a case none of it is needed

    return casefile.read_summary(path)


def _interrupted_files() -> list[tuple[float, Path]]:
    """Return the time of writing and the path of each case whose wizard is gone."""
    cases = []
    for path in _files():
        name = _CASE_NAME.fullmatch(path.name)
        if name and name[2] == _host() and not is_held(_lock_path(path), int(name[1])):
            with contextlib.suppress(OSError):  # another wizard has just removed it
                cases.append((path.stat().st_mtime, path))
    return cases


def _files() -> list[Path]:
    """Return the files of the state folder; none if it cannot be used."""
    with contextlib.suppress(OSError):
        folder = existing_folder()
        return list(folder.iterdir()) if folder is not None else []
    return []


def last_target() -> Target | None:
    """Return the target of the last case; None if there is none that can be read.

    It has no headers, vantages or hops, and none of the sources if one of them needs a vantage or
    a command: what a file names is not run without a question.
    """
    try:
        folder = existing_folder()
        if folder is None or not (folder / LAST_CASE).exists():
            return None
        target = _read_summary(folder / LAST_CASE).case.target
    except (UsageError, OSError):
        return None
    sources = (*target.direct, *target.logs, *filter(None, [target.conf]))
    if any(source.vantage != "local" or source.command for source in sources):
        target = replace(target, direct=(), logs=(), conf=None)
    return replace(target, headers=(), vantages=(), hops=())
