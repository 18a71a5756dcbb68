"""How far a request over there is, told once and in order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from wizard.vantage.request import Notice, Notify

BEHIND = 0.05
"""How far, in seconds, standard error may be behind the output."""


class Notices:
    """Each thing told once, and in order: standard error may come before or after the rest."""

    def __init__(self, notify: Notify) -> None:
        self._notify, self._told = notify, set[Notice]()
        self._stands = asyncio.Event()
        self._limit: asyncio.Timeout | None = None

    @property
    def connected(self) -> bool:
        """Whether the connection stood."""
        return "connected" in self._told

    def tell(self, what: Notice, text: str) -> None:
        """Tell it, unless that was told, and what must have been before."""
        if what in self._told:
            return
        if what != "began":
            self.tell("began", "")
        if what == "secured":
            self.tell("connected", "")
        self._told.add(what)
        if what == "connected":
            self._stands.set()
            if self._limit and not self._limit.expired():
                self._limit.reschedule(None)
        self._notify(what, text)

    @asynccontextmanager
    async def ending(self, limit: asyncio.Timeout) -> AsyncGenerator[None, None]:
        """End that limit once the connection stands: not all tools give up by themselves."""
        self._limit = limit
        if self.connected:
            limit.reschedule(None)
        try:
            yield
        finally:
            self._limit = None

    async def heard(self) -> None:
        """Standard error may come a moment after what it came before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BEHIND):
                await self._stands.wait()

    def answered(self, secure: bool) -> None:
        """There is an answer: the connection stands, whether the tool said so or not."""
        self.tell("secured" if secure else "connected", "")
