"""The same through a real sshd on loopback."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.tools import needs
from tests.vantage.afar import events_of, follow, vantage_session
from tests.vantage.sshd import Sshd, sshd
from wizard.model.events import SseEvent
from wizard.model.timeline import Probe

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for all of these."""
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


async def test_a_stream_through_ssh(jump: Sshd) -> None:
    place = vantage_session(jump.prefix())
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        line = await follow(f"{url}?a='b' c&d=$HOME".replace(" ", "%20"), place)
    assert (line.events, line.ended, line.address) == (1, "eof", "127.0.0.1")
    known = await place.capabilities()
    assert (known.tool, known.problem) == ("curl", "")
    assert known.skew_s is not None
    assert known.skew_within_s is not None
    assert abs(known.skew_s) <= known.skew_within_s


async def test_a_held_stream_is_left_and_nothing_stays(jump: Sshd) -> None:
    left = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await reader.read()
        left.set()

    async with serving(act) as url:
        events = events_of(Probe("sse-direct", url, vantage="web"), vantage_session(jump.prefix()))
        async for event in events:
            if isinstance(event, SseEvent):
                break
        assert not left.is_set()
        await events.aclose()
        async with asyncio.timeout(10):
            await left.wait()


async def test_several_legs_share_what_was_found_out(jump: Sshd) -> None:
    place = vantage_session(jump.prefix())
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        lines = await asyncio.gather(*(follow(url, place) for _ in range(8)))
    assert [line.ended for line in lines] == ["eof"] * 8


async def test_words_reach_the_far_side_as_they_are(jump: Sshd) -> None:
    words = ["printf", "%s|", "a b", "it's", '"$HOME"', "*", "", "\\n", "ä"]
    done = await vantage_session(jump.prefix()).collect(words, within=10)
    assert done.stdout.decode() == 'a b|it\'s|"$HOME"|*||\\n|ä|'


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"key": "stranger"}, "use a key with an agent"),
        ({"known": "empty"}, "connect once by hand and check the key: ssh "),
    ],
    ids=["wrong key", "unknown host key"],
)
async def test_a_refusal_is_one_line(jump: Sshd, how: dict[str, str], expected: str) -> None:
    line = await follow("http://127.0.0.1:1/", vantage_session(jump.prefix(**how)))
    assert line.ended == "unreached"
    assert expected in line.detail
    assert line.detail.startswith("web: ")


async def test_a_host_key_question_is_not_waited_for(jump: Sshd) -> None:
    asking = ("-o", "StrictHostKeyChecking=ask")
    place = vantage_session(jump.prefix(known="empty", options=asking))
    assert "connect once by hand" in (await place.capabilities()).problem


async def test_a_changed_host_key(jump: Sshd) -> None:
    other = (jump.folder / "stranger.pub").read_text().split()[:2]
    (jump.folder / "changed").write_text(f"[127.0.0.1]:{jump.port} {' '.join(other)}\n")
    known = await vantage_session(jump.prefix(known="changed")).capabilities()
    assert "has changed" in known.problem


async def test_no_sshd_there(jump: Sshd) -> None:
    known = await vantage_session(("ssh", "-F", "/dev/null", "-p", "1", "127.0.0.1")).capabilities()
    assert "Connection refused: is sshd running there?" in known.problem


async def test_a_password_is_not_waited_for(tmp_path: Path) -> None:
    with sshd(tmp_path, password="yes") as running:
        known = await vantage_session(running.prefix(key="stranger")).capabilities()
    assert "use a key with an agent" in known.problem


async def test_a_standard_input_that_is_not_passed_on(jump: Sshd) -> None:
    known = await vantage_session(jump.prefix(options=["-n"])).capabilities()
    assert "its standard input is not passed on" in known.problem


@needs("pkill")
async def test_a_way_that_is_lost_says_nothing_of_the_server(tmp_path: Path) -> None:
    came = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()

    with sshd(tmp_path, more="ClientAliveInterval 0") as running:
        async with serving(act) as url:
            task = asyncio.create_task(follow(url, vantage_session(running.prefix())))
            await came.wait()
            words = ["sh", "-c", f"pkill -P {running.pid}; exit 0"]
            await (await asyncio.create_subprocess_exec(*words)).wait()
            line = await task
    assert line.ended == "unreached"
    assert "the connection was lost" in line.detail
