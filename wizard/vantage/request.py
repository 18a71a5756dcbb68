"""One request to make from a vantage, and what hears of its progress: values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wizard.events import Ending

LAST_RESORT = 7200
"""After how many seconds a tool over there ends by itself, if nothing else ends it."""

Notice = Literal["began", "resolved", "connected", "secured"]
Notify = Callable[[Notice, str], None]
"""Hears how far a request is; the text is an address, or empty."""


@dataclass(frozen=True, slots=True)
class FarRequest:
    """What to ask for over there.

    Attributes:
        url: Without user and password.
        headers: All of them but Host, unless that is not the URL's own.
        version: `1.1` or `2`.
        connect_to: Host and port to connect to instead of the URL's own.
        connect_timeout: Seconds.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    version: str = "1.1"
    insecure: bool = False
    connect_to: tuple[str, int] | None = None
    connect_timeout: float = 10.0

    @property
    def secure(self) -> bool:
        """Whether it goes over TLS."""
        return self.url.lower().startswith("https:")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a tool ended, as an ending. The detail is one sentence."""

    reason: Ending
    detail: str
