"""What a far side can do: whatever it is, it ends in one line and within bounds."""

import stat
import tracemalloc
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.vantage.afar import follow, vantage_session
from wizard.text.errors import VantageError
from wizard.vantage import remote_process
from wizard.vantage.process import MAX_STDERR_CHARS

NOWHERE = "http://127.0.0.1:1/"
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
    "it says why": ("echo because >&2; exit 7", "our command started: because"),
    "it says why elsewhere": ("echo because; exit 7", "our command started: because"),
    "it sends escapes": (
        'printf "\\033[2J\\033]0;x\\007gone\\n" >&2; exit 1',
        "our command started: \\e[2J\\e]0;x\\u{7}gone",
    ),
    "it is killed": ("kill -9 $$", "web: it ended with status -9"),
    "it passes no input on": ('exec "$@" </dev/null', "standard input is not passed on"),
    "it has no such command": ('exec "/nonexistent/$1"', "is its prefix right?"),
    "it begins and falls silent": (
        'read -r m; printf "%s+\\n" "$m"; exec sleep 99',
        "web: no answer within 2 s after our command started",
    ),
    "it begins and ends": ('read -r m; printf "%s+\\n" "$m"', "web: the connection was lost"),
    "it answers without sense": (
        'read -r m; printf "%s+\\n" "$m"; exec yes x',
        "web: its answer makes no sense",
    ),
    "it answers without end": (
        'read -r m; printf "%s+\\n" "$m"; exec cat /dev/zero',
        "web: its answer makes no sense",
    ),
}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that would be long are short; the bound is what is tested."""
    monkeypatch.setattr(remote_process, "START_TIMEOUT_S", 2.0)
    monkeypatch.setattr("wizard.vantage.discover.DISCOVERY_TIMEOUT_S", 2.0)


def wrapper(folder: Path, script: str) -> str:
    """A program that does that, given the command as arguments."""
    path = folder / "wrapper"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_hostile_far_side_ends_in_one_line(name: str, tmp_path: Path) -> None:
    script, expected = SCRIPTS[name]
    place = vantage_session([wrapper(tmp_path, script)])
    line = await follow(NOWHERE, place)
    assert line.ended == "unreached"
    assert expected in line.detail
    assert line.detail.isprintable()
    assert len(line.detail) < 600


async def test_banners_are_passed_over(tmp_path: Path) -> None:
    script = 'echo "*** keep out ***"; printf "no newline"; echo motd >&2; exec "$@"'
    async with serving(saying(CHUNKED, chunk(b"data: x\n\n"), chunk(b""))) as url:
        line = await follow(url, vantage_session([wrapper(tmp_path, script)]))
    assert (line.events, line.ended) == (1, "eof")


async def test_a_flood_on_standard_error_fills_no_memory(tmp_path: Path) -> None:
    """The tool itself floods, a hundred megabytes, without a newline."""
    script = "head -c 100000000 /dev/zero >&2; echo done"
    tracemalloc.start()
    try:
        async with vantage_session([wrapper(tmp_path, 'exec "$@"')]).run(
            ["sh", "-c", script]
        ) as there:
            assert await there.stdout.readline() == b"done\n"
            assert await there.wait() == 0
        assert len(there.stderr) <= MAX_STDERR_CHARS + 70_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nA: ", b""], ids=["header", "status"])
async def test_an_endless_header_is_no_http(begin: bytes) -> None:
    async with serving(saying(begin + b"x" * 300_000, then="open")) as url:
        line = await follow(url, vantage_session(["env"]))
    assert line.ended == "reset"
    assert len(line.detail) < 600


@pytest.mark.usefixtures("short")
async def test_a_command_that_cannot_be_run_here() -> None:
    with pytest.raises(VantageError, match=r"^web: nosuch cannot be run here: "):
        await vantage_session(["nosuch"]).collect(["true"], within=9)


async def test_a_command_is_collected_with_its_status() -> None:
    place = vantage_session(["env"])
    done = await place.collect(["sh", "-c", "echo out; echo err >&2; exit 3"], within=9)
    assert (done.code, done.stdout, done.stderr) == (3, b"out\n", "err\n")
    late = await place.collect(["sh", "-c", "echo begun; exec sleep 99"], within=2.0)
    assert (late.code, late.stdout, late.timed_out) == (None, b"begun\n", True)
    cut = await place.collect(["cat", "/dev/zero"], within=9, limit=5)
    assert (cut.stdout, cut.truncated) == (b"\0" * 5, True)


async def test_a_place_that_is_lost_under_way() -> None:
    with pytest.raises(VantageError, match=r"^web: the connection was lost: status -9"):
        await vantage_session(["env"]).collect(["sh", "-c", "kill -9 $PPID"], within=9)
