"""`python -m tests.screens.walk`: every step in every state as lines of text, in JSON.

A process of its own, since the language is chosen before the modules are imported.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence

from textual.widgets._footer import FooterKey

from screens.app import Wizard
from screens.saved_cases import Offers
from tests.screens import investigations
from wizard.model.steps import STEPS

SIZE = (80, 24)
_STATES = {
    "empty": investigations.empty,
    "healthy": investigations.healthy,
    "fixed": investigations.fixed,
    "failing": investigations.failing,
    "hops": investigations.several_hops,
}
_PAGES = ("f1", "question_mark", "i", "ctrl+p", "w")
"""The keys that open something over the third step, each closed by Escape."""


async def _walk(app: Wizard, keys: Sequence[str]) -> dict[str, list[str]]:
    """The screen after each key, and whether the last line holds whole keys."""
    shown = {}
    async with app.run_test(size=SIZE) as pilot:
        for key in keys or ("home",):
            await pilot.press(key)
            await pilot.pause()
            shown[key] = list(_lines(app))
            for each in app.screen.query(FooterKey):
                assert each.region.right <= SIZE[0], (key, each.description)
            if key in _PAGES:
                await pilot.press("escape")
    return shown


def _lines(app: Wizard) -> Iterator[str]:
    # Textual has no public way to get the lines of the screen as text.
    for strips in app.screen._compositor.render_strips():
        yield "".join(segment.text for segment in strips).rstrip()


async def walk() -> dict[str, dict[str, list[str]]]:
    """Every step in every state, the pages over them, the form and the first screen."""
    numbers = [str(number) for number in range(1, len(STEPS) + 1)]
    clock = lambda: investigations.NOW  # noqa: E731
    screens = {
        name: await _walk(Wizard(make(), clock=clock), numbers) for name, make in _STATES.items()
    }
    for number, step in zip(numbers, STEPS, strict=True):
        running = investigations.running(step)
        screens[f"running {step}"] = await _walk(Wizard(running, clock=clock), [number])
    screens["pages"] = await _walk(Wizard(investigations.empty(), clock=clock), ["3", *_PAGES])
    screens["form"] = await _walk(Wizard(None), [])
    screens["start"] = await _walk(Wizard(None, offers=Offers()), [])
    return screens


if __name__ == "__main__":
    json.dump(asyncio.run(walk()), sys.stdout)
