"""One request to make from a vantage, and what hears of its progress: values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wizard.model.events import Ending
from wizard.vantage.http.response import Raw, Reading

LAST_RESORT = 7200
"""After how many seconds a tool over there ends by itself, if nothing else ends it."""

Notice = Literal["began", "resolved", "connected", "secured"]
Notify = Callable[[Notice, str], None]
"""Hears how far a request is; the text is an address, or empty."""


@dataclass(frozen=True, slots=True)
class RemoteRequest:
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


def able(request: RemoteRequest) -> str:
    """Nothing that it cannot ask."""
    return ""


def _no_words(request: RemoteRequest) -> tuple[str, ...]:
    """All that it needs comes on its standard input."""
    return ()


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to ask for a URL over there.

    Attributes:
        name: As `Capabilities.tool` has it.
        script: The shell text that runs it.
        told: What its standard input says of the request.
        hear: Reads one line of its standard error.
        stop: Why it ended, from its exit status and what it said; None where the response tells.
            The last argument says whether the connection stood.
        unable: Why it cannot make that request, in one sentence; empty if it can.
        words: What it must be told as arguments, where everybody over there can read it.
        reading: How its output is read, by the method asked with.
        hold: Whether its standard input stays open after the request.
        slow: Whether it takes long to start and says itself when the request begins.
        tells: Whether it says when the connection stands.
        last: Whether any other is better: BusyBox's wget follows redirects, shows no headers of
            an error, and takes all as arguments.
    """

    name: str
    script: str
    told: Callable[[RemoteRequest], bytes]
    hear: Callable[[str, Notify], None]
    stop: Callable[[int, str, RemoteRequest, bool], Stop | None]
    unable: Callable[[RemoteRequest], str] = able
    words: Callable[[RemoteRequest], tuple[str, ...]] = _no_words
    reading: Callable[[str], Reading] = Raw
    hold: bool = False
    slow: bool = False
    tells: bool = True
    last: bool = False
