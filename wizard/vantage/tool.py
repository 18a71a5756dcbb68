"""A tool that a place may have, as values: what it can ask, how it is told, how it is heard."""

from collections.abc import Callable
from dataclasses import dataclass

from wizard.vantage.request import FarRequest, Notify, Stop
from wizard.vantage.response import Raw, Reading


def able(request: FarRequest) -> str:
    """Nothing that it cannot ask."""
    return ""


def _no_words(request: FarRequest) -> tuple[str, ...]:
    """All that it needs comes on its standard input."""
    return ()


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to ask for a URL over there.

    Attributes:
        name: As `Equipment.tool` has it.
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
    told: Callable[[FarRequest], bytes]
    hear: Callable[[str, Notify], None]
    stop: Callable[[int, str, FarRequest, bool], Stop | None]
    unable: Callable[[FarRequest], str] = able
    words: Callable[[FarRequest], tuple[str, ...]] = _no_words
    reading: Callable[[str], Reading] = Raw
    hold: bool = False
    slow: bool = False
    tells: bool = True
    last: bool = False
