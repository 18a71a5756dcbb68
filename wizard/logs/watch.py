"""All logs of an investigation: begun before the probes, read after them, left at the end."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from wizard.logs.read import Reading
from wizard.logs.sources import Follower, Source, Tail
from wizard.logs.timestamps import clock_at
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import LOCAL, Place
from wizard.model.vantage import Vantage
from wizard.vantage.scripts import BARRED, packed
from wizard.vantage.session import VantageSession

FOLLOW = rf"""{BARRED}
f=$1 why=
for t in ls tail; do
  command -v "$t" >/dev/null || {{ printf '%s: not found\n' "$t" >&2; exit 127; }}
done
if [ ! -e "$f" ]; then
  why='No such file or directory'
  barred "$f" && why="Permission denied: $d"
elif [ ! -f "$f" ]; then
  why='not a regular file: in a container, kubectl logs or docker logs shows what goes there'
elif [ ! -r "$f" ]; then why='Permission denied'
fi
if [ -n "$why" ]; then printf 'cannot be read: %s\n' "$why" >&2; exit 1; fi
set -- $(ls -lnL -- "$f")
n=$5
[ "$n" -gt 1048576 ] && n=1048576
printf '%s %s\n' "$n" "$5"
exec tail -c 1048576 -F -- "$f"
"""
"""Follows a file from `ring.LIMIT` bytes before its end, rotation or not, with any `tail`."""


def watch(
    places: Iterable[Place],
    vantage_sessions: Mapping[str, VantageSession] | None = None,
    now: Callable[[], float] = time.time,
) -> "LogWatch":
    """Remember where each file here ends now; `begin` starts to follow what is elsewhere.

    Args:
        vantage sessions: The vantages in use, by name.
        now: Seconds since the epoch.
    """
    known = vantage_sessions or {}
    return LogWatch({place: Reading(place, _source(place, known, now)) for place in places}, now)


def _source(
    place: Place, vantage_sessions: Mapping[str, VantageSession], now: Callable[[], float]
) -> Source:
    name = str(place)
    if place.vantage == LOCAL and not place.command:
        return Tail(place.what, now)
    # Here, too, a command is on a leash: at a vantage that no prefix leads to.
    there = vantage_sessions.get(place.vantage) or VantageSession(Vantage(name, ()))
    if place.command:
        return Follower(name, there, place.command, now=now)
    return Follower(name, there, packed(FOLLOW, place.what), counted=True, now=now)


class LogWatch:
    """The logs, each from before the probes on."""

    def __init__(self, readings: Mapping[Place, Reading], now: Callable[[], float]) -> None:
        self._readings, self._now = dict(readings), now
        self._beginning = asyncio.Lock()
        self._left: list[Source] = []

    def changed(
        self,
        places: Iterable[Place],
        vantage_sessions: Mapping[str, VantageSession],
        *,
        anew: bool = False,
    ) -> "LogWatch":
        """The same for other places: those that stay lose nothing.

        Args:
            anew: Whether the vantages are others now, though they may be called the same.
        """
        made = watch(places, vantage_sessions, self._now)
        for place, reading in self._readings.items():
            if place in made._readings and not (anew and place.vantage != LOCAL):
                made._readings[place] = reading
            else:
                made._left.append(reading.source)
        made._left += self._left
        return made

    async def begin(self, *, again: bool = False) -> None:
        """Follow all that is not followed yet.

        Args:
            again: Whether what could not be followed is tried once more.
        """
        async with self._beginning:
            await self._leave()
            sources = [one.source for one in self._readings.values()]
            await asyncio.gather(*(one.close() for one in sources if again and one.failed))
            await asyncio.gather(*(one.begin() for one in sources))

    async def close(self) -> None:
        """Follow nothing any more; nothing is left running, here or there."""
        await self._leave()
        await asyncio.gather(*(one.source.close() for one in self._readings.values()))

    async def _leave(self) -> None:
        left, self._left = self._left, []
        await asyncio.gather(*(one.close() for one in left))

    @property
    def distant(self) -> frozenset[str]:
        """The vantages whose clocks wrote some of these lines."""
        return frozenset(one.vantage for one in self._readings if one.vantage != LOCAL)

    @property
    def slow(self) -> bool:
        """Whether a line takes a while to come: some `tail` looks once a second. From what has
        failed none comes."""
        sources = [one.source for one in self._readings.values()]
        return any(not isinstance(one, Tail) and not one.failed for one in sources)

    def collect(
        self, run: str, *paths: str, vantage_sessions: Mapping[str, VantageSession] | None = None
    ) -> tuple[LogReport, ...]:
        """What has been written since, and before.

        Args:
            run: The token in our User-Agent; a line that holds it is ours.
            paths: The stream's path and that of its messages: a line without a User-Agent is
                ours if it names one of them.
            vantage sessions: The vantages in use: what is known of their clocks.
        """
        known = {name: one.known for name, one in (vantage_sessions or {}).items()}
        return tuple(
            reading.report(run, paths, clock_at(place, known.get(place.vantage)))
            for place, reading in self._readings.items()
        )


class Logbook:
    """The logs, here and at vantages."""

    def __init__(
        self,
        places: Iterable[Place],
        vantage_sessions: Mapping[str, VantageSession],
        *,
        watched: bool = True,
    ) -> None:
        """The logs of a stored case are not `watched` until something is asked."""
        self._places, self._vantage_sessions = tuple(places), vantage_sessions
        self._watch = watch(self._places if watched else (), vantage_sessions)
        self._is_watched = watched

    def change(
        self, places: Iterable[Place], vantage_sessions: Mapping[str, VantageSession], *, anew: bool
    ) -> None:
        """Other places from now on; those that stay lose nothing.

        Args:
            anew: Whether the vantages are others now, though they may be called the same.
        """
        self._places, self._vantage_sessions = tuple(places), vantage_sessions
        self._watch = self._watch.changed(self._places, vantage_sessions, anew=anew)

    async def begin(self, *, again: bool = False) -> None:
        """Follow the logs: something is asked now.

        Args:
            again: Whether those that could not be followed are tried once more.
        """
        if not self._is_watched:
            self._is_watched = True
            self._watch = self._watch.changed(self._places, self._vantage_sessions)
        await self._watch.begin(again=again)

    async def compare_clocks(self) -> bool:
        """Measure the clocks that write the logs, once. Returns whether lines come from afar."""
        unknown = [
            self._vantage_sessions[name]
            for name in self._watch.distant & self._vantage_sessions.keys()
        ]
        await asyncio.gather(*(one.capabilities() for one in unknown if one.known is None))
        return self._watch.slow

    def read(self, case: Case) -> tuple[LogReport, ...]:
        """What they show by now of this case's requests."""
        posted = [one.post_url for one in case.handshakes if one.side == "proxy"]
        paths = [urlsplit(url).path or "/" for url in (case.target.url, *filter(None, posted))]
        return self._watch.collect(case.run, *paths, vantage_sessions=self._vantage_sessions)

    async def close(self) -> None:
        """Leave them: nothing is left running, here or there."""
        await self._watch.close()
