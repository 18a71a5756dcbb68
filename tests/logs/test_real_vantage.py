"""Logs at a vantage with real programs: `tail`, log rotation, Nginx; no process is left there."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.logs.lines import OURS, THEIRS, append
from tests.nginx_real.running import running_nginx
from tests.tools import processes_naming, require
from wizard.lab.nginx_process import free_ports
from wizard.logs import sources
from wizard.logs.sources import LOG_LIMIT_BYTES
from wizard.logs.watch import LogWatch
from wizard.model.log_report import LogReport
from wizard.model.target import Source
from wizard.model.vantage import Vantage
from wizard.vantage.session import VantageSession


@pytest.fixture
def busybox(tmp_path: Path) -> str:
    """A PATH with only BusyBox's applets."""
    require("busybox")
    folder = tmp_path / "bin"
    folder.mkdir()
    for applet in ("sh", "ls", "tail", "kill", "printf", "date", "cat"):
        (folder / applet).symlink_to(shutil.which("busybox") or "")
    return str(folder)


@pytest.fixture(params=["gnu", "busybox"])
def session(request: pytest.FixtureRequest) -> VantageSession:
    """A vantage on this machine, with the `tail` of GNU or of BusyBox."""
    if request.param == "gnu":
        return VantageSession(Vantage("web", ("env",)))
    return VantageSession(Vantage("web", ("env", f"PATH={request.getfixturevalue('busybox')}")))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access it's.log"
    path.write_text(f"{THEIRS}\n", "utf-8")
    return path


def rotate(path: Path) -> None:
    path.rename(path.with_suffix(".1"))


class FollowedReport:
    """The report of one followed log, and a way to wait for new bytes."""

    def __init__(self, logs: LogWatch) -> None:
        self._logs, self._changed = logs, asyncio.Event()
        (reader,) = logs._readers.values()
        assert isinstance(reader.log, sources.FollowedCommand)
        self._log, keep = reader.log, reader.log._keep

        def keep_and_notify(data: bytes) -> None:
            keep(data)
            self._changed.set()

        self._log._keep = keep_and_notify  # type: ignore[method-assign]

    @property
    def now(self) -> LogReport:
        """What the log shows by now."""
        (report,) = self._logs.collect("beef", "/sse")
        return report

    async def wait_for_bytes(self, size: int) -> None:
        """Wait until the log has this many new bytes."""
        async with asyncio.timeout(20):
            while len(self._log.new()) < size:
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_lines(self, count: int) -> LogReport:
        """Wait until the log has this many new lines; return the report."""
        async with asyncio.timeout(20):
            while self.now.read != count:
                self._changed.clear()
                await self._changed.wait()
        return self.now


@asynccontextmanager
async def following(
    source: Source, session: VantageSession | None = None
) -> AsyncIterator[FollowedReport]:
    """Follow a log at a vantage, or on this machine."""
    logs = LogWatch([source], {session.vantage.name: session} if session else {})
    report = FollowedReport(logs)
    try:
        await logs.begin()
        yield report
    finally:
        await logs.close()


async def test_a_file_at_a_vantage(log: Path, session: VantageSession) -> None:
    async with following(Source(str(log), "web"), session) as report:
        assert report.now.read == 0
        assert report.now.history is not None
        assert report.now.history.lines == 1
        append(log, OURS)
        latest = await report.wait_for_lines(1)
        assert latest.lines[0].client == "sse-proxy h1 identity"
        assert processes_naming(str(log))
    assert not processes_naming(str(log))


async def test_a_rotated_file_at_a_vantage(log: Path, session: VantageSession) -> None:
    async with following(Source(str(log), "web"), session) as report:
        rotate(log)
        append(log, OURS, THEIRS)
        latest = await report.wait_for_lines(2)
        assert latest.problem == ""
    assert not processes_naming(str(log))


async def test_a_truncated_file_at_a_vantage(log: Path, session: VantageSession) -> None:
    async with following(Source(str(log), "web"), session) as report:
        os.truncate(log, 0)
        append(log, "x")
        await report.wait_for_lines(1)


async def test_only_the_end_of_a_large_log_is_read(log: Path, session: VantageSession) -> None:
    append(log, *["x" * 1000] * 3000, THEIRS)
    async with following(Source(str(log), "web"), session) as report:
        append(log, OURS)
        latest = await report.wait_for_lines(1)
    assert latest.history is not None
    assert latest.history.older
    assert (latest.history.counted, sum(latest.history.left)) == (True, 1)


NO_LOGS = {
    "missing": ("none", "No such file or directory"),
    "directory": (".", "not a regular file"),
    "terminal": ("stdout", "kubectl logs"),
}


@pytest.mark.parametrize("kind", list(NO_LOGS))
async def test_what_is_no_log_is_reported(
    kind: str, tmp_path: Path, session: VantageSession
) -> None:
    name, problem = NO_LOGS[kind]
    (tmp_path / "stdout").symlink_to("/dev/stdout")  # as in Nginx's own image
    async with following(Source(str(tmp_path / name), "web"), session) as report:
        assert problem in report.now.problem
        assert "web=" in report.now.problem


async def test_a_vantage_whose_command_is_missing(log: Path) -> None:
    nowhere = VantageSession(Vantage("web", ("/nonexistent/ssh", "web")))
    async with following(Source(str(log), "web"), nowhere) as report:
        assert report.now.problem == (
            "web: /nonexistent/ssh cannot be run here: No such file or directory"
        )


@pytest.fixture
def kubectl(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Makes a fake `kubectl` of a shell script; returns the words of `kubectl logs`."""

    def write(script: str) -> tuple[str, ...]:
        path = tmp_path / "kubectl"
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)
        return (str(path), "logs", "-n", "prod", "deploy/backend", "--since=10m", "-f")

    return write


async def test_the_output_of_kubectl_logs(
    kubectl: Callable[[str], tuple[str, ...]], tmp_path: Path
) -> None:
    more = tmp_path / "more"
    os.mkfifo(more)
    stamped = f"2026-11-23T15:23:37.123456789Z {THEIRS}"
    words = kubectl(f"echo '{stamped}'; cat {more}; exec tail -f /dev/null")
    async with following(Source(" ".join(words), "local", "pod", words)) as report:
        past = report.now
        assert past.history is not None
        assert past.history.clients == (("127.0.0.1", 1),)
        with more.open("w", encoding="utf-8") as file:
            file.write(f"[pod/backend-1/app] {OURS}\n")
        latest = await report.wait_for_lines(1)
        assert (latest.file, latest.lines[0].client) == ("pod", "sse-proxy h1 identity")
        assert processes_naming(str(tmp_path))
    assert not processes_naming(str(tmp_path))


async def test_the_error_of_kubectl_is_reported(kubectl: Callable[[str], tuple[str, ...]]) -> None:
    message = 'Error from server (NotFound): deployments.apps "backend" not found'
    words = kubectl(f"echo '{message}' >&2; exit 1")
    async with following(Source("x", "local", "pod", words)) as report:
        assert report.now.problem == f"pod: {message} (exit status 1)"


async def test_a_command_that_ignores_signals_is_killed(
    kubectl: Callable[[str], tuple[str, ...]], tmp_path: Path
) -> None:
    words = kubectl("trap '' TERM HUP INT; echo x; while :; do tail -f /dev/null; done")
    async with following(Source("x", "local", "pod", words)):
        assert processes_naming(str(tmp_path))
    assert not processes_naming(str(tmp_path))


async def test_a_flood_is_followed_and_ended(
    kubectl: Callable[[str], tuple[str, ...]],
    tmp_path: Path,
) -> None:
    words = kubectl("exec yes 'nothing to see'")
    async with following(Source("x", "local", "pod", words)) as report:
        await report.wait_for_bytes(LOG_LIMIT_BYTES)
        assert "only the end was read" in report.now.problem
    assert not processes_naming(str(tmp_path))


async def test_the_log_of_nginx(nginx: str, tmp_path: Path) -> None:
    log, port = tmp_path / "real.log", free_ports(1)[0]
    lines = f"access_log {log} combined; return 200 hello;"
    agent = "ssewizard/0.1 (run=beef; sse-proxy-h1-identity)"
    vantage = VantageSession(Vantage("web", ("env",)))
    async with (
        running_nginx(nginx, tmp_path, port, lines),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        url = f"http://127.0.0.1:{port}/sse"
        await client.get(url, headers={"User-Agent": "mcp/1"})
        async with following(Source(str(log), "web"), vantage) as report:
            await client.get(url, headers={"User-Agent": agent})
            latest = await report.wait_for_lines(1)
    assert [(line.ours, line.tag) for line in latest.lines] == [(True, "live-200")]
    assert latest.history is not None
    assert (latest.history.lines, latest.history.since is None) == (1, False)
