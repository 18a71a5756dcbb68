"""Complete the path of a file that is being typed, without holding up the screen."""

import asyncio
import os
import threading
import time

from textual.suggester import Suggester

MAX_S = 0.3
"""How long a folder is read, in seconds; of a larger one, what was read until then counts."""
_CLOCK_EVERY = 256
"""After how many names the clock is asked."""
_STARTS = ("/", "./", "../", "~")


def complete_path(text: str, limit_s: float = MAX_S) -> str | None:
    """The text with the first name of its folder that begins as typed; None if there is none.

    A folder gets a slash at its end. Hidden names must be typed from their dot on, and a name with
    control characters is never shown.
    """
    before = "@" if text.startswith("@") else ""
    path = text.removeprefix("@")
    if not path.startswith(_STARTS) or "\0" in path:
        return None
    folder, typed = os.path.split(os.path.expanduser(path) if "/" in path else path)
    try:
        name = _first_name(folder, typed, limit_s) if folder else None
        if name is None:
            return None
        end = "/" if os.path.isdir(os.path.join(folder, name)) else ""
    except OSError:
        return None
    return f"{before}{path}{name[len(typed) :]}{end}"


def _first_name(folder: str, typed: str, limit_s: float) -> str | None:
    """The first name in alphabetical order that begins so. Raises `OSError`."""
    first, until = None, time.monotonic() + limit_s
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            name = entry.name
            is_hidden = not typed and name.startswith(".")
            if name.startswith(typed) and not is_hidden and (first is None or name < first):
                first = name if name.isprintable() else first
            if number % _CLOCK_EVERY == 0 and time.monotonic() > until:
                break
    return first


class PathSuggester(Suggester):
    """Completes paths in a thread: one at a time, and only for the newest text."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._newest = ""
        self._lock = asyncio.Lock()

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed text; None if there is none, or if more was typed meanwhile."""
        self._newest = value
        async with self._lock:
            return await _in_thread(value) if value == self._newest else None


async def _in_thread(text: str) -> str | None:
    """Complete the path in a thread for which nothing waits, not even the end of the program.

    On a lost network file system it never ends.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str | None] = loop.create_future()

    def finish(completed: str | None) -> None:
        if not done.done():
            done.set_result(completed)

    def run() -> None:
        completed = complete_path(text)
        if not loop.is_closed():
            loop.call_soon_threadsafe(finish, completed)

    threading.Thread(target=run, daemon=True).start()
    return await done
