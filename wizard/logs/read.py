"""One log read: what is ours, what it tells, and what was before."""

import re
from collections.abc import Sequence
from dataclasses import replace

from wizard.logs.formats import ParsedLine, parse_line
from wizard.logs.history import LONGEST, HistoryBuilder
from wizard.logs.sources import LOG_LIMIT_BYTES, LogSource
from wizard.logs.timestamps import HostClock, find_timestamp
from wizard.model.log_report import History, LogLine, LogReport
from wizard.model.target import Place
from wizard.text.display import clip
from wizard.text.redaction import redact

KEPT = 100
"""How many lines of one log are kept: our own first, then those with a meaning."""

LINES = 20_000
"""How many lines are looked at: a flood of short ones must not stop the screen."""


class LogReader:
    """A place and the source of its lines.

    Attributes:
        source: Where they come from.
    """

    def __init__(self, place: Place, source: LogSource) -> None:
        self.place, self.source = place, source
        self._known: tuple[object, History | None] = (None, None)

    def report(self, run: str, paths: Sequence[str], clock: HostClock) -> LogReport:
        """What is there by now; see `LogWatch.collect`."""
        raw, before = self.source.new(), _lines(self.source.past(), cut=self.source.older)
        late, fresh = self._parted(_lines(raw), run, clock)
        # Given after the probes had begun, a log holds our own lines in its past.
        texts = [*(text for text in before if _client(text, run)), *fresh]
        lines = [_line(self.source.name, clip(text, LONGEST), run, paths) for text in texts]
        kept = tuple(replace(line, text=redact(line.text)) for line in _telling(lines))
        problem = self.source.problem
        if len(raw) == LOG_LIMIT_BYTES:
            much = f"more than {LOG_LIMIT_BYTES >> 20} MiB are new; only the end was read"
            problem = problem or f"{self.source.name}: {much}"
        history = self._history([*before, *late], clock)
        return LogReport(self.source.name, kept, len(lines), problem, history)

    def _parted(self, texts: list[str], run: str, clock: HostClock) -> tuple[list[str], list[str]]:
        """What was written long before it came, and the rest: what a command fetches from afar
        may still be of the past after we have begun. Our own is not, whatever that clock says."""
        if not self.source.printed:
            return [], texts
        until = self.source.began - clock.slack_s
        parted: tuple[list[str], list[str]] = [], []
        for text in texts:
            is_late = _is_before(text, clock, until, self.source.began)
            parted[not is_late or bool(_client(text, run))].append(text)
        return parted

    def _history(self, texts: list[str], clock: HostClock) -> History | None:
        """Read once: the past is long, and our own lines are awaited again and again."""
        key = (len(texts), self.source.began, clock)
        if self._known[0] != key:
            past = HistoryBuilder(clock, self.source.began)
            past.add(texts)
            older = self.source.older or len(texts) >= LINES
            self._known = (key, past.history(older=older))
        return self._known[1]


def _is_before(text: str, clock: HostClock, until: float, now: float) -> bool:
    known = find_timestamp(text, now)
    return known is not None and not clock.floats(known) and clock.read(known) < until


def _lines(raw: bytes, *, cut: bool = False) -> list[str]:
    """The lines that say something, the newest of them; the first one is left out where its
    beginning is not there."""
    texts = raw.decode("utf-8", "replace").split("\n")
    whole = texts[1 if cut and len(texts) > 1 else 0 :]
    return [text for text in whole[-LINES:] if text.strip()]


def _line(file: str, text: str, run: str, paths: Sequence[str]) -> LogLine:
    said = parse_line(text)
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
    probe = _PROBE.match(said)
    if probe is None:
        return said
    name = probe["name"].replace("sse-hop-", "sse-hop ")
    return (
        f"{name} h{probe['http']} {probe['encoding']}{probe['place'].replace('-from-', ' from ')}"
    )


_PROBE = re.compile(
    r"(?P<name>.+)-h(?P<http>[12])-(?P<encoding>identity|gzip)(?P<place>(?:-from-.+)?)$"
)
"""A probe's label as our User-Agent writes it."""


def _by_path(said: ParsedLine, paths: Sequence[str]) -> bool:
    """Where a line cannot name our probe: what was written since we began, about the same path.
    What backends say of their requests names no path."""
    if said.kind == "dotnet" or said.tag == "worker-timeout":
        return True
    return said.kind in ("access", "error") and not said.agent and said.path in paths


def _telling(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The lines worth keeping, in their order."""
    ranked = sorted(range(len(lines)), key=lambda i: (not lines[i].ours, not lines[i].tag, i))
    return tuple(lines[i] for i in sorted(ranked[:KEPT]))
