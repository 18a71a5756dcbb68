"""Where lines come from: a file here, or whatever prints them, here or elsewhere."""

from typing import Protocol


class Source(Protocol):
    """One log, from before the probes on.

    Attributes:
        name: What to call it.
        problem: Why not all of it can be read, in one sentence; empty otherwise.
        began: When its past ended, in seconds since the epoch.
        printed: Whether its lines come in the order in which they are fetched, not written: what
            arrives after the beginning may still be of the past.
    """

    name: str
    problem: str
    began: float
    printed: bool

    @property
    def older(self) -> bool:
        """Whether it reaches back further than `past` does."""
        ...

    @property
    def failed(self) -> bool:
        """Whether nothing comes from it any more, and that was not meant."""
        ...

    async def begin(self) -> None:
        """Begin to follow; has its past once this returns. Does nothing once it has begun."""

    async def close(self) -> None:
        """Leave it; nothing is left running. It can begin again."""

    def past(self) -> bytes:
        """What was there before it began: the newest of it."""
        ...

    def new(self) -> bytes:
        """What has come since: the newest of it."""
        ...
