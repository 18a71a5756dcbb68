"""What the logs show: matching lines, and the history before the probes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log line that is evidence.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        ours: Whether one of our own probes caused it (by run token, else by time and path).
        meaning: What it shows, in one sentence; empty for a line of context.
        tag: The word by which rules find it: `held-499`, `live-200`, `read-timeout`,
            `header-timeout`, `connect-failed`, `upstream-tls`, `premature-close`, `invalid-answer`,
            `reload`, `limited`, `delayed`, `auth-request`, `tried-again`, `worker-timeout`,
            `canceled`; empty otherwise.
        client: The label of our own probe, from its User-Agent: `sse-proxy h1 identity`; empty
            otherwise.
    """

    file: str
    text: str
    kind: str
    ours: bool
    tag: str = ""
    meaning: str = ""
    client: str = ""


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
        left: The number of requests logged as 499 in each bucket, the oldest first.
        canceled: The number of requests that the backend logged as canceled in each bucket.
        clients: The clients with the most such requests, by address or name, with the number.
        clock: How the times were interpreted, in one sentence; empty if there was no doubt.
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
    """

    file: str
    lines: tuple[LogLine, ...] = ()
    read: int = 0
    problem: str = ""
    history: History | None = None
