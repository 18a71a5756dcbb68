"""Follow the logs of an investigation from before the first probe; read them after the probes."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from wizard.logs.history import OwnRequests
from wizard.logs.own_lines import with_outcomes
from wizard.logs.read import LogReader
from wizard.logs.sources import FollowedCommand, FollowedFile, FollowedLog
from wizard.logs.timestamps import clock_of
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import LOCAL, Source
from wizard.model.vantage import Vantage
from wizard.vantage.scripts import BARRED_FUNCTION, pack_script
from wizard.vantage.session import VantageSession

FOLLOW_SCRIPT = rf"""{BARRED_FUNCTION}
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
"""Shell script that follows a file at a vantage, also through log rotation, with GNU or BusyBox
`tail`. It starts `sources.LOG_LIMIT_BYTES` before the end of the file, and its first line says how
many of these bytes are old and how large the file is."""


class LogWatch:
    """Follows the logs of an investigation, on this machine and at vantages."""

    def __init__(
        self,
        sources: Iterable[Source],
        vantage_sessions: Mapping[str, VantageSession] | None = None,
        *,
        watched: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Remember where each local file ends; `begin` starts to follow the other sources.

        Args:
            vantage_sessions: The vantages in use, by name.
            watched: False for a stored case: its logs are opened by the first `begin`.
            now: Returns seconds since the epoch.
        """
        self._sources, self._vantage_sessions = tuple(sources), vantage_sessions or {}
        self._is_watched, self._now = watched, now
        self._readers: dict[Source, LogReader] = {}
        self._dropped: list[FollowedLog] = []
        self._beginning = asyncio.Lock()
        if watched:
            self._open({})

    def _open(self, kept: Mapping[Source, LogReader]) -> None:
        """Replace the readers: those in `kept` stay, all other sources are opened."""
        sources = self._sources
        self._readers = {each: kept.get(each) or LogReader(self._follow(each)) for each in sources}

    def _follow(self, source: Source) -> FollowedLog:
        name = str(source)
        if source.vantage == LOCAL and not source.command:
            return FollowedFile(source.locator, self._now)
        # A local command runs under the watchdog too: in a vantage without a command prefix.
        session = self._vantage_sessions.get(source.vantage) or VantageSession(Vantage(name, ()))
        if source.command:
            return FollowedCommand(name, session, source.command, now=self._now)
        words = pack_script(FOLLOW_SCRIPT, source.locator)
        return FollowedCommand(name, session, words, sizes_first=True, now=self._now)

    def change(
        self,
        sources: Iterable[Source],
        vantage_sessions: Mapping[str, VantageSession],
        *,
        vantages_changed: bool = False,
    ) -> None:
        """Watch other sources from now on; sources that stay lose no lines.

        `vantages_changed` is true if a name may stand for another vantage than before: then only
        local sources stay.
        """
        self._sources, self._vantage_sessions = tuple(sources), vantage_sessions
        kept = {
            source: reader
            for source, reader in self._readers.items()
            if source in self._sources and not (vantages_changed and source.vantage != LOCAL)
        }
        self._dropped += [each.log for source, each in self._readers.items() if source not in kept]
        self._open(kept)

    async def begin(self, *, again: bool = False) -> None:
        """Follow every log that is not followed yet, and wait until its old lines were read.

        With `again`, logs that could not be followed are tried once more.
        """
        if not self._is_watched:
            self._is_watched = True
            self.change(self._sources, self._vantage_sessions)
        async with self._beginning:
            await self._close_dropped()
            logs = [reader.log for reader in self._readers.values()]
            if again:
                await asyncio.gather(*(log.close() for log in logs if log.failed))
            await asyncio.gather(*(log.begin() for log in logs))

    async def close(self) -> None:
        """Stop following all logs; no process is left running, here or at a vantage."""
        await self._close_dropped()
        await asyncio.gather(*(reader.log.close() for reader in self._readers.values()))

    async def _close_dropped(self) -> None:
        dropped, self._dropped = self._dropped, []
        await asyncio.gather(*(log.close() for log in dropped))

    @property
    def is_slow(self) -> bool:
        """True if new lines may take about a second: some `tail`s look at the file once a second.

        Local files are read directly, and no lines are expected from a log that has failed.
        """
        logs = [reader.log for reader in self._readers.values()]
        return any(not isinstance(log, FollowedFile) and not log.failed for log in logs)

    async def compare_clocks(self) -> bool:
        """Measure the clocks of the vantages that write logs, once each; return `is_slow`."""
        names = {source.vantage for source in self._readers if source.vantage != LOCAL}
        sessions = [self._vantage_sessions[name] for name in names & self._vantage_sessions.keys()]
        unknown = [session for session in sessions if session.discovered is None]
        await asyncio.gather(*(session.discover() for session in unknown))
        return self.is_slow

    def read(self, case: Case) -> tuple[LogReport, ...]:
        """Return the reports of all logs so far, with the requests of this case as our own."""
        post_urls = [shake.post_url for shake in case.handshakes if shake.side == "proxy"]
        urls = (case.target.url, *filter(None, post_urls))
        reports = self.collect(case.run, *(urlsplit(url).path or "/" for url in urls))
        return with_outcomes(reports, case)

    def collect(self, run: str, *paths: str) -> tuple[LogReport, ...]:
        """Return one report for each log: the lines written since `begin`, and the history.

        Args:
            run: The run token in our User-Agent; a line that contains it is ours.
            paths: The paths of the stream and of its messages; a line without User-Agent that
                names one of them is ours too.
        """
        sessions = self._vantage_sessions.items()
        capabilities = {name: session.discovered for name, session in sessions}
        clocks = {
            source: clock_of(source, capabilities.get(source.vantage)) for source in self._readers
        }
        readers = self._readers.items()
        own = OwnRequests().union(
            *(reader.own_requests(clocks[source]) for source, reader in readers)
        )
        return tuple(reader.report(run, paths, clocks[source], own) for source, reader in readers)
