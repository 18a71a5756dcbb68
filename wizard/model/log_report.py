"""What logs said: values that rules, reports and screens share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that matters.

    Attributes:
        kind: `access`, `error`, `dotnet` or `text`.
        ours: Whether it belongs to one of our own probes (by run token, else time and path).
        meaning: What it shows, in one sentence; empty if it only gives context.
        tag: A word that rules look for: `held-499`, `live-200`, `read-timeout`,
            `header-timeout`, `connect-failed`, `upstream-tls`, `premature-close`, `invalid-answer`,
            `reload`, `limited`, `delayed`, `auth-request`, `tried-again`, `worker-timeout`,
            `canceled`; empty otherwise.
    """

    file: str
    text: str
    kind: str
    ours: bool
    tag: str = ""
    meaning: str = ""
    client: str = ""
    """What our own probe was, by its User-Agent: `sse-proxy h1 identity`; empty otherwise."""


@dataclass(frozen=True, slots=True)
class History:
    """What a log says of the time before the probes began, our own probes left out.

    Attributes:
        lines: How many lines of that time were read.
        counted: Whether some of them are of a form that would show who was cut off.
        since: When the first of them was written, and `until` when the probes began: seconds
            since the epoch. None where no line names a time.
        own_clock: Whether these two are by the log's own clock, whose zone is not known.
        older: Whether the log reaches back further than was read.
        bucket_s: How long one bucket is, in seconds.
        left: How many requests were logged as 499, bucket by bucket, the oldest first.
        canceled: How many requests the backend saw canceled, in the same buckets.
        clients: Who had the most of both, by address, else by name; and how many.
        clock: How the times were read, where that matters, in one sentence.
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
        """How many were cut off in each bucket, either way."""
        return tuple(map(sum, zip(self.left, self.canceled, strict=True)))


@dataclass(frozen=True, slots=True)
class LogReport:
    """What one log showed since the probes began, and what it says of the time before.

    Attributes:
        read: How many lines are new.
        problem: Why not all of it could be read, in one sentence; empty otherwise.
        history: None where nothing was read of the time before.
    """

    file: str
    lines: tuple[LogLine, ...] = ()
    read: int = 0
    problem: str = ""
    history: History | None = None
