"""Summary of the log lines before the probes: period, requests cut off over time, clients, and
requests that failed."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from wizard.logs.errors import is_start
from wizard.logs.failures import TAGS as FAILURE_TAGS
from wizard.logs.failures import FailureCounter
from wizard.logs.formats import parse_line
from wizard.logs.timestamps import HostClock, describe_clock, find_timestamp
from wizard.model.handshake import CLIENT_NAME
from wizard.model.log_report import History
from wizard.text.display import clip, safe

MAX_BUCKETS = 30
"""How many buckets a chart has at most."""
_BUCKETS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400)
"""The possible lengths of a bucket, in seconds; a longer one is a number of whole days."""
_DAY_S = 86_400
MAX_CLIENTS = 3
"""How many clients are named."""
MAX_LINE_CHARS = 4000
"""How many characters of one line are read."""
MAX_LINES_BACK = 50
"""How many lines back a timestamp is searched for a line that has none."""
_USER_AGENT_PREFIX = "ssewizard/"
"""How our own User-Agent begins, in this run and in earlier ones."""
_NOTABLE = re.compile(
    r"\b(?:499|50[24]|413)\b|cancel|\[(?:notice|info|warn|error|crit|alert|emerg)\]|PROXY "
    r'|\b2\d\d\W{1,3}(?:\w{1,30}\W{1,4})?0(?![\d.:])|": ?"?0["},]'
)
"""A line that may be about a request that was cut off or failed; all others need no parsing.

The last two are a successful status, perhaps the name of the next value, and 0 bytes; and any 0 in
JSON."""


@dataclass(frozen=True, slots=True)
class _CutRequest:
    """A request that was cut off.

    Attributes:
        at: Seconds since the epoch; None if no line names a time.
        canceled: True for a `canceled` line of the backend, False for a line of Nginx.
        client, status: As in `ParsedLine`, safe to show.
    """

    at: float | None
    canceled: bool
    client: str
    status: int | None = None


OwnRequests = frozenset[tuple[str, int]]
"""Requests of earlier runs of this tool: path, and second of their entries."""


def own_requests(texts: Iterable[str], clock: HostClock, now: float) -> OwnRequests:
    """The requests of earlier runs in these lines of an access log.

    An error log names no User-Agent: by these its lines about them are told apart.
    """
    return frozenset(
        (parsed.path, int(clock.epoch_s(timestamp)))
        for text in texts
        if is_own(text)
        if (parsed := parse_line(clip(text, MAX_LINE_CHARS))).path
        if (timestamp := find_timestamp(text, now)) is not None
    )


def is_own(text: str) -> bool:
    """True if the line is of a request of this tool, in this run or an earlier one."""
    return _USER_AGENT_PREFIX in text and "(run=" in text


@dataclass
class HistoryBuilder:
    """Collects the lines written before the probes; `history` summarises them.

    Attributes:
        now: When the probes began, in seconds since the epoch.
        own: The requests of earlier runs.
        lines: How many lines were added.
        counted: True once a line had a format that records requests that were cut off.
        first, last: The times of the first and of the last line that names one, in seconds since
            the epoch.
        zoneless: True if some timestamps name no time zone.
        zone_unknown: True if the time zone of some timestamps is not known at all.
        cut: The requests that were cut off.
        started: When Nginx last started or read its config, in seconds since the epoch.
    """

    clock: HostClock
    now: float
    own: OwnRequests = frozenset()
    lines: int = 0
    counted: bool = False
    first: float | None = None
    last: float | None = None
    zoneless: bool = False
    zone_unknown: bool = False
    cut: list[_CutRequest] = field(default_factory=list)
    started: float | None = None
    _failures: FailureCounter = field(default_factory=FailureCounter)
    _undated: list[str] = field(default_factory=list)

    def add(self, texts: Iterable[str]) -> None:
        """Add these lines, in the order of the log; lines about our own probes are left out."""
        for text in texts:
            if text.strip() and not is_own(text):
                self._add(clip(text, MAX_LINE_CHARS))

    def _add(self, text: str) -> None:
        self.lines += 1
        self._undated.append(text)
        if self.first is None:
            self._read_time()
        if self.counted and not _NOTABLE.search(text):
            return  # Parsing is slow, and this line is about no request that was cut off or failed.
        parsed = parse_line(text)
        self.counted |= parsed.kind in ("access", "dotnet")
        if parsed.tag == "canceled" and parsed.client.startswith(CLIENT_NAME):
            return  # A session of an earlier run.
        if parsed.status == 499 or parsed.tag in ("canceled", "held-200"):
            self._read_time()
            client = safe(parsed.client, 60)
            canceled = parsed.tag == "canceled"
            self.cut.append(_CutRequest(self.last, canceled, client, parsed.status))
        elif parsed.tag in FAILURE_TAGS:
            self._read_time()
            if not (parsed.kind == "error" and self._is_own_failure(parsed.path)):
                self._failures.add(parsed, text, self.last)
        elif parsed.kind == "error" and is_start(text):
            self._read_time()
            self.started = self.last

    def _is_own_failure(self, path: str) -> bool:
        """True if an entry of an earlier run has this path and the time of this line."""
        second = int(self.last or 0)
        return any((path, second + offset) in self.own for offset in (-1, 0, 1))

    def _read_time(self) -> None:
        """Update the times from the newest line with a timestamp; later lines are as old."""
        newest_first = reversed(self._undated[-MAX_LINES_BACK:])
        timestamps = (find_timestamp(text, self.now) for text in newest_first)
        timestamp = next(filter(None, timestamps), None)
        self._undated.clear()
        if timestamp is None:
            return
        self.zoneless |= timestamp.offset_s is None
        self.zone_unknown |= self.clock.is_zone_unknown(timestamp)
        self.last = self.clock.epoch_s(timestamp)
        self.first = self.last if self.first is None else self.first

    def history(self, *, older: bool = False) -> History | None:
        """Return the summary; None if no lines were added.

        `older` is true if the log reaches back further than was read.
        """
        if not self.lines:
            return None
        self._read_time()
        since, until = self.first, self.last if self.zone_unknown else self.now
        if since is None or until is None:
            since = until = None
        width = bucket_s(until - since) if since is not None and until is not None else 60
        clients = Counter(request.client for request in self.cut if request.client)
        return History(
            self.lines,
            self.counted,
            since,
            until,
            self.zone_unknown,
            older,
            width,
            self._buckets(since, until, width, canceled=False),
            self._buckets(since, until, width, canceled=True),
            tuple(clients.most_common(MAX_CLIENTS)),
            describe_clock(self.clock, zoneless=self.zoneless) if since is not None else "",
            self._failures.failures(),
            self.started,
            sum(request.status == 200 for request in self.cut),
        )

    def _buckets(
        self, since: float | None, until: float | None, width: int, *, canceled: bool
    ) -> tuple[int, ...]:
        """Count the requests in each bucket of `width` seconds, oldest first.

        The last bucket ends at `until`. Without times there is one bucket; a request without a
        time, or with one outside the window, counts for the nearest bucket.
        """
        times = [request.at for request in self.cut if request.canceled == canceled]
        if since is None or until is None:
            return (len(times),)
        size = _bucket_count(until - since, width)
        counts = [0] * size
        for at in times:
            index = size - 1 - int(max(0.0, until - (since if at is None else at)) // width)
            counts[max(0, index)] += 1
        return tuple(counts)


def _bucket_count(window_s: float, width: int) -> int:
    return max(1, min(MAX_BUCKETS, int(-(-max(window_s, 1.0) // width))))


def bucket_s(window_s: float) -> int:
    """The length in seconds of the shortest bucket of which `MAX_BUCKETS` cover the window."""
    for width in _BUCKETS_S:
        if window_s <= width * MAX_BUCKETS:
            return width
    return (int(window_s // (_DAY_S * MAX_BUCKETS)) + 1) * _DAY_S
