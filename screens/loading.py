"""What happens behind the first frame: modules are imported, and keys are kept."""

import asyncio
import contextlib
import importlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from textual.app import App
from textual.events import Event, Key, Paste

MODULES = (
    "screens.target_form",
    "wizard.model.case",
    "httpx",
    "crossplane",
    "msgspec",
    "wizard.diagnose.diagnose",
    "wizard.recommend",
    "wizard.investigation.investigation",
    "screens.steps_screen",
    "screens.opened_case",
)
"""What is imported; the last one needs all the others."""
KEPT_KEYS = 200
"""How many keys are kept; further ones are dropped."""
LONGEST_KEY_S = 1.0
"""How long, in seconds, the next key waits for the one before to take effect."""
_AT_ONCE = frozenset({"ctrl+c", "ctrl+q", "ctrl+z"})


class Loading:
    """The import of modules in a thread, in parts, so that it can end soon."""

    def __init__(self, modules: Sequence[str] = MODULES) -> None:
        self._modules, self._is_stopped = modules, threading.Event()

    async def run(self) -> bool:
        """Import the modules; true unless it was stopped. Raises what an import raises."""
        await asyncio.to_thread(self._import)
        return not self._is_stopped.is_set()

    async def finish(self, module: str) -> bool:
        """Import this module now; true unless all was stopped. Raises what the import raises.

        In a thread too: frames are drawn meanwhile.
        """
        await asyncio.to_thread(importlib.import_module, module)
        return not self._is_stopped.is_set()

    def stop(self) -> None:
        """Import no further module."""
        self._is_stopped.set()

    def _import(self) -> None:
        for module in self._modules:
            if self._is_stopped.is_set():
                return
            importlib.import_module(module)


class KeptKeys:
    """The keys and pastes of a user who does not wait for the screen."""

    def __init__(self) -> None:
        self._events = deque[Event]()
        self._is_keeping = False

    def start(self) -> None:
        """Keep what comes from now on."""
        self._is_keeping = True

    def keep(self, event: Event) -> bool:
        """Keep the event, if it is to be kept; true if it was.

        What ends or stops the app has its effect at once; `q` is text after another key.
        """
        if not self._is_keeping or not isinstance(event, Key | Paste) or event.is_forwarded:
            return False
        if isinstance(event, Key) and (event.key in _AT_ONCE or self._is_quit(event)):
            return False
        if len(self._events) < KEPT_KEYS:
            self._events.append(event)
        return True

    def _is_quit(self, event: Key) -> bool:
        return event.key == "q" and not self._events

    async def replay(self, app: App[None], handle: Callable[[Event], Awaitable[None]]) -> None:
        """Give the events to the app, each when the one before has had its effect."""
        try:
            while self._events:
                await handle(self._events.popleft())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_KEY_S):
                        await _until_handled(app)
        finally:
            self._is_keeping = False


async def _until_handled(app: App[None]) -> None:
    """Wait until the event that the app has forwarded has passed all queues that it bubbles to.

    Twice the app's own: the focus changes by a message to it.
    """
    for pump in (*(app.focused or app.screen).ancestors_with_self, app):
        done = asyncio.Event()
        if pump.call_later(done.set):
            await done.wait()
