"""Logs through a real vantage: real `tail`s, a real rotation, a real Nginx; nothing stays there."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.logs.test_formats import combined
from tests.nginx_real.serving import serving
from tests.tools import require
from wizard.lab.nginx import free_ports
from wizard.logs import sources
from wizard.logs.read import LogReader
from wizard.logs.sources import LOG_LIMIT_BYTES
from wizard.logs.watch import LogWatch
from wizard.model.log_report import LogReport
from wizard.model.target import Source
from wizard.model.vantage import Vantage
from wizard.vantage.session import VantageSession

OURS = combined(499, 0)
THEIRS = combined(499, 0, agent="mcp/1")


@pytest.fixture
def busybox(tmp_path: Path) -> str:
    """A PATH that holds BusyBox's applets alone."""
    require("busybox")
    folder = tmp_path / "bin"
    folder.mkdir()
    for applet in ("sh", "ls", "tail", "kill", "printf", "date", "cat"):
        (folder / applet).symlink_to(shutil.which("busybox") or "")
    return str(folder)


@pytest.fixture(params=["gnu", "busybox"])
def vantage_session(request: pytest.FixtureRequest) -> VantageSession:
    """A vantage that leads here, with one `tail` or the other."""
    if request.param == "gnu":
        return VantageSession(Vantage("web", ("env",)))
    return VantageSession(Vantage("web", ("env", f"PATH={request.getfixturevalue('busybox')}")))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access it's.log"
    path.write_text(f"{THEIRS}\n", "utf-8")
    return path


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def rotate(path: Path) -> None:
    path.rename(path.with_suffix(".1"))


def left_running(word: str) -> list[str]:
    """The processes whose command line names it."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = one.read_bytes()
        except OSError:
            continue
        if word.encode() in words and int(one.parent.name) != os.getpid():
            found.append(words.decode(errors="replace"))
    return found


class Followed:
    """A watch on one place, and when something new comes."""

    def __init__(self, made: LogWatch) -> None:
        self.watch, self._came = made, asyncio.Event()
        (reading,) = made._readers.values()
        self._listen(reading)

    def _listen(self, reading: LogReader) -> None:
        source = reading.log
        assert isinstance(source, sources.FollowedCommand)
        self._source, take = source, source._keep

        def taken(data: bytes) -> None:
            take(data)
            self._came.set()

        source._keep = taken  # type: ignore[method-assign]

    @property
    def report(self) -> LogReport:
        """What is there by now."""
        (one,) = self.watch.collect("beef", "/sse")
        return one

    async def until_it_has(self, size: int) -> None:
        """Wait until so many bytes are new."""
        async with asyncio.timeout(20):
            while len(self._source.new()) < size:
                self._came.clear()
                await self._came.wait()

    async def until(self, is_so: Callable[[LogReport], bool]) -> LogReport:
        """Wait until it is so."""
        async with asyncio.timeout(20):
            while not is_so(self.report):
                self._came.clear()
                await self._came.wait()
        return self.report


@asynccontextmanager
async def following(
    place: Source, vantage_session: VantageSession | None = None
) -> AsyncIterator[Followed]:
    made = LogWatch(
        [place], {vantage_session.vantage.name: vantage_session} if vantage_session else {}
    )
    followed = Followed(made)
    try:
        await made.begin()
        yield followed
    finally:
        await made.close()


async def test_a_file_there(log: Path, vantage_session: VantageSession) -> None:
    async with following(Source(str(log), "web"), vantage_session) as followed:
        assert followed.report.read == 0
        assert followed.report.history is not None
        assert followed.report.history.lines == 1
        append(log, OURS)
        found = await followed.until(lambda one: one.read == 1)
        assert found.lines[0].client == "sse-proxy h1 identity"
        assert left_running(str(log))
    assert not left_running(str(log))


async def test_rotation_there(log: Path, vantage_session: VantageSession) -> None:
    async with following(Source(str(log), "web"), vantage_session) as followed:
        rotate(log)
        append(log, OURS, THEIRS)
        found = await followed.until(lambda one: one.read == 2)
        assert found.problem == ""
    assert not left_running(str(log))


async def test_a_file_that_is_emptied_there(log: Path, vantage_session: VantageSession) -> None:
    async with following(Source(str(log), "web"), vantage_session) as followed:
        os.truncate(log, 0)
        append(log, "x")
        await followed.until(lambda one: one.read == 1)


async def test_a_log_larger_than_what_is_read(log: Path, vantage_session: VantageSession) -> None:
    append(log, *["x" * 1000] * 3000, THEIRS)
    async with following(Source(str(log), "web"), vantage_session) as followed:
        append(log, OURS)
        found = await followed.until(lambda one: one.read == 1)
    assert found.history is not None
    assert found.history.older
    assert (found.history.counted, sum(found.history.left)) == (True, 1)


NO_LOGS = {
    "missing": ("none", "No such file or directory"),
    "directory": (".", "not a regular file"),
    "terminal": ("stdout", "kubectl logs"),
}


@pytest.mark.parametrize("kind", list(NO_LOGS))
async def test_what_is_no_log_there(
    kind: str, tmp_path: Path, vantage_session: VantageSession
) -> None:
    name, said = NO_LOGS[kind]
    (tmp_path / "stdout").symlink_to("/dev/stdout")  # as in Nginx's own image
    async with following(Source(str(tmp_path / name), "web"), vantage_session) as followed:
        assert said in followed.report.problem
        assert "web=" in followed.report.problem


async def test_a_vantage_that_leads_nowhere(log: Path) -> None:
    nowhere = VantageSession(Vantage("web", ("/nonexistent/ssh", "web")))
    async with following(Source(str(log), "web"), nowhere) as followed:
        assert followed.report.problem == (
            "web: /nonexistent/ssh cannot be run here: No such file or directory"
        )


@pytest.fixture
def kubectl(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """A `kubectl` that prints what the real one would: a script of the test."""

    def made(script: str) -> tuple[str, ...]:
        path = tmp_path / "kubectl"
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)
        return (str(path), "logs", "-n", "prod", "deploy/backend", "--since=10m", "-f")

    return made


async def test_what_kubectl_follows(
    kubectl: Callable[[str], tuple[str, ...]], tmp_path: Path
) -> None:
    more = tmp_path / "more"
    os.mkfifo(more)
    stamped = f"2026-11-23T15:23:37.123456789Z {THEIRS}"
    words = kubectl(f"echo '{stamped}'; cat {more}; exec tail -f /dev/null")
    async with following(Source(" ".join(words), "local", "pod", words)) as followed:
        past = followed.report
        assert past.history is not None
        assert past.history.clients == (("127.0.0.1", 1),)
        with more.open("w", encoding="utf-8") as file:
            file.write(f"[pod/backend-1/app] {OURS}\n")
        found = await followed.until(lambda one: one.read == 1)
        assert (found.file, found.lines[0].client) == ("pod", "sse-proxy h1 identity")
        assert left_running(str(tmp_path))
    assert not left_running(str(tmp_path))


async def test_kubectl_is_refused(kubectl: Callable[[str], tuple[str, ...]]) -> None:
    said = 'Error from server (NotFound): deployments.apps "backend" not found'
    words = kubectl(f"echo '{said}' >&2; exit 1")
    async with following(Source("x", "local", "pod", words)) as followed:
        assert followed.report.problem == f"pod: {said} (exit status 1)"


async def test_a_command_that_will_not_end_is_ended(
    kubectl: Callable[[str], tuple[str, ...]], tmp_path: Path
) -> None:
    words = kubectl("trap '' TERM HUP INT; echo x; while :; do tail -f /dev/null; done")
    async with following(Source("x", "local", "pod", words)):
        assert left_running(str(tmp_path))
    assert not left_running(str(tmp_path))


async def test_a_flood_is_followed_and_ended(
    kubectl: Callable[[str], tuple[str, ...]],
    tmp_path: Path,
) -> None:
    words = kubectl("exec yes 'nothing to see'")
    async with following(Source("x", "local", "pod", words)) as followed:
        await followed.until_it_has(LOG_LIMIT_BYTES)
        assert "only the end was read" in followed.report.problem
    assert not left_running(str(tmp_path))


async def test_the_log_of_a_real_nginx(nginx: str, tmp_path: Path) -> None:
    log, port = tmp_path / "real.log", free_ports(1)[0]
    lines = f"access_log {log} combined; return 200 hello;"
    agent = "ssewizard/0.1 (run=beef; sse-proxy-h1-identity)"
    vantage = VantageSession(Vantage("web", ("env",)))
    async with serving(nginx, tmp_path, port, lines), httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{port}/sse"
        await client.get(url, headers={"User-Agent": "mcp/1"})
        async with following(Source(str(log), "web"), vantage) as followed:
            await client.get(url, headers={"User-Agent": agent})
            found = await followed.until(lambda one: one.read == 1)
    assert [(line.ours, line.tag) for line in found.lines] == [(True, "live-200")]
    assert found.history is not None
    assert (found.history.lines, found.history.since is None) == (1, False)
