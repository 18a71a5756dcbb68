"""What the logs show: matching lines, and the history before the probes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from wizard.text.display import labelled, noted, phrases
from wizard.text.messages import plural, tr

HELD_TAGS = ("held-499", "held-200")
"""The tags of lines about a client that left before a single byte was passed on."""
LogSign = Literal["", "answered", "left", "own-answer"]
"""What a line shows beside its tag. `answered`: nothing was passed on, though the backend had
answered 200. `left`: the client left after some bytes. `own-answer`: Nginx answered without asking
the backend."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log line that is evidence.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        ours: Whether one of our own probes caused it (by run token, else by time and path).
        meaning: What it shows, in one sentence; empty for a line of context.
        tag: The word by which rules find it: `held-499`, `held-200` (the same over HTTP/2),
            `live-200`, `live-101` (a WebSocket), `gateway` (502 or 504 of Nginx),
            `backend-error` (the backend's own), `read-timeout`, `header-timeout`, `connect-failed`,
            `no-live-peer`, `no-free-connection`,
            `resolver-missing`, `name-unresolved`, `upstream-tls`, `upstream-header-too-big`,
            `premature-close`, `invalid-answer`, `invalid-header`, `request-header-too-large`,
            `body-too-large`, `proxy-protocol`, `access-denied`, `reload`, `limited`, `delayed`,
            `auth-request`, `tried-again`, `worker-timeout`, `canceled`; empty otherwise.
        client: The label of our own probe, from its User-Agent: `sse-proxy h1 identity`; empty
            otherwise.
        method: The request's method, if the line names one.
        sign: What it shows beside the tag.
    """

    file: str
    text: str
    kind: str
    ours: bool
    tag: str = ""
    meaning: str = ""
    client: str = ""
    method: str = ""
    sign: LogSign = ""

    @property
    def had_answer(self) -> bool:
        """True if nothing was passed on, though the backend had answered 200."""
        return self.sign == "answered"


@dataclass(frozen=True, slots=True)
class LoggedFailure:
    """Requests that failed alike, of clients other than this investigation.

    Attributes:
        kind, tag, meaning, sign: As in `LogLine`.
        method, path, host: What was asked for, without a query and a port; empty if the lines do
            not tell.
        port: The port of the listener, where the lines name no request.
        status: The status in an access log.
        count: The number of lines.
        last: When the last of them was written, in seconds since the epoch; None if no line tells.
        waits: The shortest and the longest time that such a request took, in seconds; empty if no
            line tells.
        text: The last of these lines.
    """

    kind: str
    tag: str
    meaning: str
    method: str = ""
    path: str = ""
    host: str = ""
    port: int | None = None
    status: int | None = None
    count: int = 1
    last: float | None = None
    waits: tuple[float, ...] = ()
    text: str = ""
    sign: LogSign = ""

    @property
    def request(self) -> str:
        """The method and path, or else the listener; empty if the lines do not tell."""
        listener = tr("a connection to port {port}", port=self.port) if self.port else ""
        return f"{self.method} {self.path}".strip() or listener

    def describe(self, clock: str = "UTC") -> str:
        """How many requests failed, how, after how long, and when the last one did.

        `clock` is what `last` is given in.
        """
        count = tr("{count} about other requests", count=plural(self.count, "line"))
        count = labelled(noted(count, self.request), self.meaning)
        after = tr(" to ").join(f"{wait:g}" for wait in dict.fromkeys(self.waits))
        if after:
            count = phrases((count, tr("after {after} s", after=after)))
        if self.last is None:
            return count
        at = datetime.fromtimestamp(self.last, UTC).strftime("%Y-%m-%d %H:%M:%S")
        if self.count > 1:
            return phrases((count, tr("the last at {at} {clock}", at=at, clock=clock)))
        return phrases((count, tr("at {at} {clock}", at=at, clock=clock)))


@dataclass(frozen=True, slots=True)
class History:
    """The part of a log from before the probes began.

    Attributes:
        lines: The number of lines read.
        counted: Whether some lines have a format that shows disconnected clients.
        since: When the first of these lines was written, and `until` when the probes began, in
            seconds since the epoch. None if no line has a time.
        own_clock: Whether `since` and `until` follow the log's clock, in an unknown time zone.
        older: Whether the log has older lines, which were not read.
        bucket_s: The length of one bucket in seconds.
        left: The number of requests in each bucket that the client left: logged as 499, or over
            HTTP/2 as 200 without a byte of what the backend had sent. The oldest bucket first.
        canceled: The number of requests that the backend logged as canceled in each bucket.
        clients: The clients with the most such requests, by address or name, with the number.
        clock: How the times were interpreted, in one sentence; empty if there was no doubt.
        failures: The requests that failed, by what failed and for which path.
        started: When Nginx last started or read its config again, in seconds since the epoch; None
            if no line tells.
        left_200: How many of `left` were logged as 200.
    """

    lines: int = 0
    counted: bool = False
    since: float | None = None
    until: float | None = None
    own_clock: bool = False
    older: bool = False
    bucket_s: int = 60
    left: tuple[int, ...] = ()
    canceled: tuple[int, ...] = ()
    clients: tuple[tuple[str, int], ...] = ()
    clock: str = ""
    failures: tuple[LoggedFailure, ...] = ()
    started: float | None = None
    left_200: int = 0

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of disconnected requests in each bucket, from both sources."""
        return tuple(map(sum, zip(self.left, self.canceled, strict=True)))


@dataclass(frozen=True, slots=True)
class LogReport:
    """What one log shows: matching lines since the probes began, and its history before.

    Attributes:
        read: The number of lines since the probes began.
        problem: Why not all of the log could be read, in one sentence; empty otherwise.
        history: None if no older line was read.
        failures: The failed requests of others since the probes began.
        left: The number of requests of others since then that the client left, as in `History`.
        canceled: The number of requests since then that the backend logged as canceled; most such
            lines do not tell whose it was.
    """

    file: str
    lines: tuple[LogLine, ...] = ()
    read: int = 0
    problem: str = ""
    history: History | None = None
    failures: tuple[LoggedFailure, ...] = ()
    left: int = 0
    canceled: int = 0

    @property
    def all_failures(self) -> tuple[LoggedFailure, ...]:
        """The failed requests of others, before and since the probes began."""
        return (*(self.history.failures if self.history else ()), *self.failures)
