"""Read one log: find our own lines, interpret them, and summarise the time before the probes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from wizard.logs.failures import TAGS, FailureCounter
from wizard.logs.formats import ParsedLine, parse_line
from wizard.logs.history import MAX_LINE_CHARS, HistoryBuilder, OwnRequests, is_own, own_requests
from wizard.logs.sources import LOG_LIMIT_BYTES, FollowedLog
from wizard.logs.timestamps import HostClock, find_timestamp
from wizard.model.handshake import CLIENT_NAME
from wizard.model.log_report import History, LoggedFailure, LogLine, LogReport
from wizard.text.display import clip
from wizard.text.messages import tr
from wizard.text.redaction import redact

MAX_KEPT_LINES = 100
"""How many lines of one log a report keeps: our own first, then those with a tag."""
MAX_LINES = 20_000
"""How many lines are parsed: a flood of short lines must not stop the screen."""


class LogReader:
    """Makes reports of one log."""

    def __init__(self, log: FollowedLog) -> None:
        self.log = log
        self._history_cache: tuple[object, History | None] = (None, None)
        self._own_cache: tuple[object, OwnRequests] = (None, frozenset())

    def own_requests(self, clock: HostClock) -> OwnRequests:
        """The requests of earlier runs in the old lines, which do not change."""
        key = (len(self.log.past()), clock)
        if self._own_cache[0] != key:
            texts = _split_lines(self.log.past(), starts_inside_line=self.log.older)
            self._own_cache = (key, own_requests(texts, clock, self.log.began))
        return self._own_cache[1]

    def report(
        self, run: str, paths: Sequence[str], clock: HostClock, own: OwnRequests = frozenset()
    ) -> LogReport:
        """Return the report so far; `run` and `paths` are those of `LogWatch.collect`.

        `own` are the requests of earlier runs, by all logs.
        """
        new = self.log.new()
        before = _split_lines(self.log.past(), starts_inside_line=self.log.older)
        late, fresh = self._split_off_late_lines(_split_lines(new), run, clock)
        # If the log was added after the first probes, our own lines are in its past.
        texts = [*(text for text in before if _probe_label(text, run)), *fresh]
        name = self.log.name
        parsed = [parse_line(clip(text, MAX_LINE_CHARS)) for text in texts]
        labels = [_probe_label(text, run) for text in texts]
        lines = [_log_line(name, *each, paths) for each in zip(texts, parsed, labels, strict=True)]
        kept = tuple(replace(line, text=redact(line.text)) for line in _select(lines))
        problem = self.log.problem
        if not problem and len(new) == LOG_LIMIT_BYTES:
            size = f"{LOG_LIMIT_BYTES >> 20} MiB"
            problem = tr(
                "{name}: more than {size} were written since the start; only the end was read",
                name=name,
                size=size,
            )
        history = self._history([*before, *late], clock, own)
        triples = zip(texts, parsed, lines, strict=True)
        others = [(text, entry) for text, entry, line in triples if not line.ours]
        failures = _count_failures(others, clock, self.log.began)
        left, canceled = _count_cut_off(zip(texts, parsed, strict=True))
        return LogReport(name, kept, len(lines), problem, history, failures, left, canceled)

    def _split_off_late_lines(
        self, texts: list[str], run: str, clock: HostClock
    ) -> tuple[list[str], list[str]]:
        """Separate lines written well before `begin` that arrived after it from all others.

        Our own lines are never late, whatever their timestamps.
        """
        if not self.log.arrives_late:
            return [], texts
        until = self.log.began - clock.slack_s
        late, fresh = list[str](), list[str]()
        for text in texts:
            is_late = _is_written_before(until, text, clock, self.log.began)
            (late if is_late and not _probe_label(text, run) else fresh).append(text)
        return late, fresh

    def _history(self, texts: list[str], clock: HostClock, own: OwnRequests) -> History | None:
        """Summarise these lines; cached, since `report` is called while we wait for our lines."""
        key = (len(texts), self.log.began, clock, own)
        if self._history_cache[0] != key:
            builder = HistoryBuilder(clock, self.log.began, own)
            builder.add(texts)
            older = self.log.older or len(texts) >= MAX_LINES
            self._history_cache = (key, builder.history(older=older))
        return self._history_cache[1]


def _count_cut_off(lines: Iterable[tuple[str, ParsedLine]]) -> tuple[int, int]:
    """How many requests the client left, and how many the backend canceled, but for our own."""
    others = [parsed for text, parsed in lines if not is_own(text)]
    left = sum(each.status == 499 or each.tag == "held-200" for each in others)
    canceled = (each for each in others if each.tag == "canceled")
    return left, sum(not each.client.startswith(CLIENT_NAME) for each in canceled)


def _count_failures(
    lines: Sequence[tuple[str, ParsedLine]], clock: HostClock, now: float
) -> tuple[LoggedFailure, ...]:
    """The failures in these new lines."""
    counter = FailureCounter()
    for text, parsed in lines:
        if parsed.tag in TAGS:
            timestamp = find_timestamp(text, now)
            counter.add(parsed, text, clock.epoch_s(timestamp) if timestamp else now)
    return counter.failures()


def _is_written_before(until: float, text: str, clock: HostClock, now: float) -> bool:
    timestamp = find_timestamp(text, now)
    if timestamp is None or clock.is_zone_unknown(timestamp):
        return False
    return clock.epoch_s(timestamp) < until


def _split_lines(raw: bytes, *, starts_inside_line: bool = False) -> list[str]:
    """Return the newest `MAX_LINES` lines that are not blank, without an incomplete first one.

    NUL bytes are left out: a log that is truncated while a program writes to it begins with
    millions of them, and in UTF-16 every other byte is one.
    """
    starts_inside_line = starts_inside_line and not raw.startswith(b"\0")
    texts = raw.replace(b"\0", b"").decode("utf-8", "replace").split("\n")
    whole = texts[1 if starts_inside_line and len(texts) > 1 else 0 :]
    return [text for text in whole[-MAX_LINES:] if text.strip()]


def _log_line(
    file: str, text: str, parsed: ParsedLine, label: str, paths: Sequence[str]
) -> LogLine:
    is_ours = bool(label) or _is_ours_by_path(parsed, paths)
    tag, meaning, shown = parsed.tag, parsed.meaning, clip(text, MAX_LINE_CHARS)
    method, sign = parsed.method, parsed.sign
    return LogLine(file, shown, parsed.kind, is_ours, tag, meaning, label, method, sign)


_LABEL = re.compile(
    r"(?P<name>.+)-h(?P<http>[12])-(?P<encoding>identity|gzip|br)(?P<place>(?:-from-.+)?)$"
)
"""A probe's label as `probe.request.user_agent` writes it."""


def _probe_label(text: str, run: str) -> str:
    """The label (`sse-proxy h1 identity`) of this run's probe in the line; empty if it has none.

    It is part of our User-Agent, which may be at any place of a custom log format.
    """
    mark = f"(run={run}; "
    if mark not in text:
        return ""
    label = text.partition(mark)[2].partition(")")[0]
    if (match := _LABEL.match(label)) is None:
        return label
    name = match["name"].replace("sse-hop-", "sse-hop ")
    place = match["place"].replace("-from-", " from ")
    return f"{name} h{match['http']} {match['encoding']}{place}"


def _is_ours_by_path(parsed: ParsedLine, paths: Sequence[str]) -> bool:
    """True if a new line without a User-Agent is about one of our paths.

    Lines of backends name no path: those about an aborted request count as ours.
    """
    if parsed.kind == "dotnet" or parsed.tag == "worker-timeout":
        return True
    return parsed.kind in ("access", "error") and not parsed.agent and parsed.path in paths


def _select(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The `MAX_KEPT_LINES` most important lines, in the order of the log."""
    ranked = sorted(range(len(lines)), key=lambda i: (not lines[i].ours, not lines[i].tag, i))
    return tuple(lines[i] for i in sorted(ranked[:MAX_KEPT_LINES]))
