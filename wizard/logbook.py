"""The logs of one investigation: when they begin to be followed, by which clocks, until when."""

import asyncio
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from wizard.log_report import LogReport
from wizard.logs.watch import watch
from wizard.model import Case
from wizard.target import Place
from wizard.vantage.outpost import Outpost


class Logbook:
    """The logs, here and at vantages."""

    def __init__(
        self, places: Iterable[Place], outposts: Mapping[str, Outpost], *, watched: bool = True
    ) -> None:
        """The logs of a stored case are not `watched` until something is asked."""
        self._places, self._outposts = tuple(places), outposts
        self._watch = watch(self._places if watched else (), outposts)
        self._is_watched = watched

    def change(
        self, places: Iterable[Place], outposts: Mapping[str, Outpost], *, anew: bool
    ) -> None:
        """Other places from now on; those that stay lose nothing.

        Args:
            anew: Whether the vantages are others now, though they may be called the same.
        """
        self._places, self._outposts = tuple(places), outposts
        self._watch = self._watch.changed(self._places, outposts, anew=anew)

    async def begin(self, *, again: bool = False) -> None:
        """Follow the logs: something is asked now.

        Args:
            again: Whether those that could not be followed are tried once more.
        """
        if not self._is_watched:
            self._is_watched = True
            self._watch = self._watch.changed(self._places, self._outposts)
        await self._watch.begin(again=again)

    async def compare_clocks(self) -> bool:
        """Measure the clocks that write the logs, once. Returns whether lines come from afar."""
        unknown = [self._outposts[name] for name in self._watch.distant & self._outposts.keys()]
        await asyncio.gather(*(one.equipment() for one in unknown if one.known is None))
        return self._watch.slow

    def read(self, case: Case) -> tuple[LogReport, ...]:
        """What they show by now of this case's requests."""
        posted = [one.post_url for one in case.handshakes if one.side == "proxy"]
        paths = [urlsplit(url).path or "/" for url in (case.target.url, *filter(None, posted))]
        return self._watch.collect(case.run, *paths, outposts=self._outposts)

    async def close(self) -> None:
        """Leave them: nothing is left running, here or there."""
        await self._watch.close()
