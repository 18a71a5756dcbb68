"""The case of a wizard that runs, kept in a file of its own; and the one that was cut off.

A file `case-PID-….json` belongs to one wizard, which holds the lock beside it. A clean end makes
it the last case; where its wizard is gone without one, the next one offers it.
"""

import contextlib
import os
import platform
import re
import secrets
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from screens.keeping import home
from screens.lock import Lock, is_held, remove
from wizard import casefile
from wizard.casefile import Record
from wizard.errors import UsageError
from wizard.target import Target
from wizard.text import redact, safe

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

    def keep(self, record: Record) -> None:
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
    record: Record

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
