"""What the logs say about our own probes: files tailed from before the probes began."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wizard.logs.forms import Said, read_line
from wizard.logs.tail import LIMIT, Tail
from wizard.model import LogLine, LogReport, Place
from wizard.text import clip, redact

__all__ = ["LogWatch", "watch"]

KEPT = 100
"""How many lines of one file are kept: our own first, then those with a meaning."""
LONGEST = 4000
"""How much of one line is read, in characters."""


def watch(places: Iterable[Place]) -> "LogWatch":
    """Remember where each file ends now."""
    return LogWatch(tuple(Tail(place.what) for place in places))


@dataclass(frozen=True)
class LogWatch:
    """The files, each with the place where it ended before the probes began."""

    tails: tuple[Tail, ...]

    def collect(self, run: str, *paths: str) -> tuple[LogReport, ...]:
        """What has been written since.

        Args:
            run: The token in our User-Agent; a line that holds it is ours.
            paths: The stream's path and that of its messages: a line without a User-Agent is
                ours if it names one of them.
        """
        return tuple(_report(tail, run, paths) for tail in self.tails)


def _report(tail: Tail, run: str, paths: Sequence[str]) -> LogReport:
    raw = tail.new()
    texts = raw.decode("utf-8", "replace").split("\n")
    lines = [_line(tail.path, clip(text, LONGEST), run, paths) for text in texts if text.strip()]
    problem = tail.problem
    if len(raw) == LIMIT:
        problem = (
            problem or f"{tail.path}: more than {LIMIT >> 20} MiB are new; only the end was read"
        )
    kept = tuple(replace(line, text=redact(line.text)) for line in _telling(lines))
    return LogReport(tail.path, kept, len(lines), problem)


def _line(file: str, text: str, run: str, paths: Sequence[str]) -> LogLine:
    said = read_line(text)
    client = _client(text, run)
    ours = bool(client) or _by_path(said, paths)
    return LogLine(file, text, said.kind, ours, said.tag, said.meaning, client)


def _client(text: str, run: str) -> str:
    """Our own probe by its User-Agent, wherever a log's own form puts that: `sse-proxy h1
    identity`; empty if it is not ours."""
    mark = f"(run={run}; "
    if mark not in text:
        return ""
    said = text.partition(mark)[2].partition(")")[0]
    leg = _LEG.match(said)
    if leg is None:
        return said
    name = leg["name"].replace("sse-hop-", "sse-hop ")
    return f"{name} h{leg['http']} {leg['encoding']}{leg['place'].replace('-from-', ' from ')}"


_LEG = re.compile(r"(?P<name>.+)-h(?P<http>[12])-(?P<encoding>identity|gzip)(?P<place>(?:-from-.+)?)$")
"""A leg's label as our User-Agent writes it."""


def _by_path(said: Said, paths: Sequence[str]) -> bool:
    """Where a line cannot name our probe: what was written since we began, about the same path.
    What backends say of their requests names no path."""
    if said.kind == "dotnet" or said.tag == "worker-timeout":
        return True
    return said.kind in ("access", "error") and not said.agent and said.path in paths


def _telling(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The lines worth keeping, in their order."""
    ranked = sorted(range(len(lines)), key=lambda i: (not lines[i].ours, not lines[i].tag, i))
    return tuple(lines[i] for i in sorted(ranked[:KEPT]))
