"""The wizard: keys, the rail, the room. What it shows, the investigation knows."""

from collections.abc import Awaitable, Callable

from textual.binding import Binding

from wizard.model import STEPS, StepId

FRAMES = 3
"""How often, a second, the room is drawn while something runs: few bytes over a slow link."""
SMALLEST = (60, 15)
UP_TO_FIX: tuple[StepId, ...] = STEPS[:-1]
"""What `a` runs: the proof needs the user's reload first."""

ApplyFix = Callable[[str], Awaitable[str]]


def _key(key: str, action: str, words: str, tip: str, show: bool = True) -> Binding:
    name = action.partition("(")[0]
    return Binding(
        key, action, words, show=show, id=f"wizard.{name}.{key.partition(',')[0]}", tooltip=tip
    )
