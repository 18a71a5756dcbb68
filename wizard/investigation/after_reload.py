"""What else shows how things are after a reload: the customers' lines in the logs, and old workers.

Workers with open connections keep the old config until those end, and their title says that they
are shutting down (nginx.org, "Controlling nginx", "Changing Configuration").
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from wizard.model.attempt import CutOffCount
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import LOCAL
from wizard.nginx.fetch.remote_dump import run_script
from wizard.text.errors import VantageError
from wizard.text.urls import split_url
from wizard.vantage.session import VantageSession

_WORKERS_SCRIPT = r"""
count() { set -- $(grep -l "$1" /proc/[0-9]*/cmdline 2>/dev/null); echo $#; }
count '^nginx: master process'
count '^nginx: worker process is shutting down'
"""
"""Prints how many master processes of Nginx can be seen, and how many workers that shut down."""
_WORKERS_TIMEOUT_S = 10.0
_PROC = Path("/proc")
_MASTER = "nginx: master process"
_SHUTTING_DOWN = "nginx: worker process is shutting down"
_LISTENING = "0A"
"""The state of a listening socket in `/proc/net/tcp`, see proc(5)."""


def compare_cut_off(
    case: Case, before: Sequence[LogReport], now: Sequence[LogReport], seconds: float
) -> tuple[CutOffCount, ...]:
    """Compare what each log shows of requests that were cut off before, and since the reload.

    Args:
        before: The logs as read after the reload, before any request of the verification.
        now: The same logs as read after these requests, so many seconds later.
    """
    counts = (
        count
        for old, new in zip(before, now, strict=False)
        if old.file == new.file and new.history is not None
        for count in _counts(case, old, new, seconds)
    )
    return tuple(count for count in counts if count.before or count.now)


def _counts(case: Case, old: LogReport, new: LogReport, seconds: float) -> Iterator[CutOffCount]:
    history = new.history
    assert history is not None
    known = history.since is not None and history.until is not None
    before_s = max(0.0, history.until - history.since) if known else None  # type: ignore[operator]
    left, canceled = sum(history.left), sum(history.canceled)
    yield CutOffCount(new.file, "499", left, before_s, new.left - old.left, seconds)
    exchanges = sum(len(each.exchanges) for each in case.handshakes)
    own = len(case.proxy) + len(case.direct) + exchanges
    now = new.canceled - old.canceled
    yield CutOffCount(new.file, "canceled", canceled, before_s, now, seconds, own)


def count_old_workers(case: Case, proc: Path = _PROC) -> int | None:
    """The workers that are shutting down of the Nginx on this machine that serves the URL.

    None if it runs elsewhere, or if its processes cannot be seen.
    """
    asked = [each.timeline for each in case.proxy if each.timeline.probe.vantage == LOCAL]
    if not any(timeline.is_own_address for timeline in asked) or case.target.connect_to:
        return None
    parts = split_url(case.target.url)
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    with suppress(OSError, ValueError):
        sockets = set(_listening_sockets(proc, port))
        processes = list(_nginx_processes(proc))
        masters = {pid for pid, _, title in processes if title.startswith(_MASTER)}
        serving = {pid for pid in masters if sockets & set(_sockets_of(proc, pid))}
        if serving:
            return sum(
                parent in serving and title.startswith(_SHUTTING_DOWN)
                for _, parent, title in processes
            )
    return None


async def count_workers_at(session: VantageSession) -> int | None:
    """The workers that are shutting down of any Nginx at a vantage; None if none can be seen there.

    Which Nginx serves the URL is not looked for: its worker may belong to another one.
    """
    try:
        result = await run_script(session, _WORKERS_SCRIPT, (), _WORKERS_TIMEOUT_S, 100)
        masters, workers = map(int, result.stdout.split())
    except (VantageError, ValueError):
        return None
    return workers if masters else None


def _listening_sockets(proc: Path, port: int) -> Iterator[str]:
    """Yield the inode numbers of the sockets that listen on this TCP port."""
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for row in (proc / "net" / name).read_text("ascii").splitlines()[1:]:
                words = row.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _nginx_processes(proc: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, parent and title of each process of any Nginx."""
    for entry in os.scandir(proc):
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            title = Path(entry.path, "cmdline").read_bytes()[:200].rstrip(b"\0")
            if title.startswith(b"nginx: "):
                status = Path(entry.path, "stat").read_text("utf-8", "replace")
                # The name before the parent's id may hold spaces and brackets itself.
                parent = status.rpartition(")")[2].split()[1]
                yield entry.name, parent, title.decode("utf-8", "replace")


def _sockets_of(proc: Path, pid: str) -> Iterator[str]:
    """Yield the inode numbers of the sockets that the process has open, if that may be read."""
    with suppress(OSError):
        for entry in os.scandir(proc / pid / "fd"):
            with suppress(OSError):
                link = os.readlink(entry.path)
                if link.startswith("socket:["):
                    yield link[len("socket:[") : -1]
