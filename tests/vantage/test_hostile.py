"""A hostile or broken vantage: whatever it does, the probe ends within bounds, in one sentence."""

import stat
import tracemalloc
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.vantage.remote import follow, vantage_session
from wizard.text.errors import VantageError
from wizard.vantage import remote_process
from wizard.vantage.process import MAX_STDERR_CHARS

CLOSED_PORT = "http://127.0.0.1:1/"
SCRIPTS = {
    "it hangs": ("exec sleep 99", "web: no answer within 2 s"),
    "it closes all and hangs": ("exec sleep 99 >&- 2>&- <&-", "web: no answer within 2 s"),
    "it floods": ("exec cat /dev/zero", "web: it prints without end"),
    "it floods lines": ("exec yes", "web: it prints without end"),
    "it floods standard error": ("exec cat /dev/zero >&2", "web: no answer within 2 s"),
    "it asks for a password": (
        'printf "u@h password: " >&2; exec sleep 99',
        "web: u@h password: it asks for a password",
    ),
    "it fails": ("exit 7", "web: it ended with status 7 before our command started"),
    "it prints a reason": ("echo because >&2; exit 7", "our command started: because"),
    "it prints a reason on standard output": (
        "echo because; exit 7",
        "our command started: because",
    ),
    "it sends escapes": (
        'printf "\\033[2J\\033]0;x\\007gone\\n" >&2; exit 1',
        "our command started: \\e[2J\\e]0;x\\u{7}gone",
    ),
    "it is killed": ("kill -9 $$", "web: it ended with status -9"),
    "it passes no input on": ('exec "$@" </dev/null', "standard input is not passed on"),
    "it has no such command": ('exec "/nonexistent/$1"', "is its prefix right?"),
    "it starts and falls silent": (
        'read -r m; printf "%s+\\n" "$m"; exec sleep 99',
        "web: no answer within 2 s after our command started",
    ),
    "it starts and ends": ('read -r m; printf "%s+\\n" "$m"', "web: the connection was lost"),
    "it answers nonsense": (
        'read -r m; printf "%s+\\n" "$m"; exec yes x',
        "web: its answer cannot be understood",
    ),
    "it answers without end": (
        'read -r m; printf "%s+\\n" "$m"; exec cat /dev/zero',
        "web: its answer cannot be understood",
    ),
}


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeouts."""
    monkeypatch.setattr(remote_process, "START_TIMEOUT_S", 2.0)
    monkeypatch.setattr("wizard.vantage.discover.DISCOVERY_TIMEOUT_S", 2.0)


def write_wrapper(folder: Path, script: str) -> str:
    """Write a prefix program: a shell script that gets the command as its arguments."""
    path = folder / "wrapper"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_hostile_vantage_ends_in_one_sentence(name: str, tmp_path: Path) -> None:
    script, expected = SCRIPTS[name]
    session = vantage_session([write_wrapper(tmp_path, script)])
    timeline = await follow(CLOSED_PORT, session)
    assert timeline.ended == "unreached"
    assert expected in timeline.detail
    assert timeline.detail.isprintable()
    assert len(timeline.detail) < 600


async def test_banners_are_skipped(tmp_path: Path) -> None:
    script = 'echo "*** keep out ***"; printf "no newline"; echo motd >&2; exec "$@"'
    async with serving(saying(CHUNKED, chunk(b"data: x\n\n"), chunk(b""))) as url:
        timeline = await follow(url, vantage_session([write_wrapper(tmp_path, script)]))
    assert (timeline.events, timeline.ended) == (1, "eof")


async def test_a_flood_on_standard_error_is_not_kept(tmp_path: Path) -> None:
    """A command prints a hundred megabytes without a newline."""
    script = "head -c 100000000 /dev/zero >&2; echo done"
    tracemalloc.start()
    try:
        async with vantage_session([write_wrapper(tmp_path, 'exec "$@"')]).run(
            ["sh", "-c", script]
        ) as remote:
            assert await remote.stdout.readline() == b"done\n"
            assert await remote.wait() == 0
        assert len(remote.stderr) <= MAX_STDERR_CHARS + 70_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nA: ", b""], ids=["header", "status"])
async def test_an_endless_header_is_not_http(start: bytes) -> None:
    async with serving(saying(start + b"x" * 300_000, then="open")) as url:
        timeline = await follow(url, vantage_session(["env"]))
    assert timeline.ended == "reset"
    assert len(timeline.detail) < 600


@pytest.mark.usefixtures("short_timeouts")
async def test_a_command_that_cannot_be_run_here() -> None:
    with pytest.raises(VantageError, match=r"^web: nosuch cannot be run here: "):
        await vantage_session(["nosuch"]).collect(["true"], within=9)


async def test_a_command_is_collected_with_its_status() -> None:
    session = vantage_session(["env"])
    result = await session.collect(["sh", "-c", "echo out; echo err >&2; exit 3"], within=9)
    assert (result.code, result.stdout, result.stderr) == (3, b"out\n", "err\n")
    slow = await session.collect(["sh", "-c", "echo started; exec sleep 99"], within=2.0)
    assert (slow.code, slow.stdout, slow.timed_out) == (None, b"started\n", True)
    endless = await session.collect(["cat", "/dev/zero"], within=9, limit=5)
    assert (endless.stdout, endless.truncated) == (b"\0" * 5, True)


async def test_a_connection_that_is_lost() -> None:
    with pytest.raises(VantageError, match=r"^web: the connection was lost: status -9"):
        await vantage_session(["env"]).collect(["sh", "-c", "kill -9 $PPID"], within=9)
