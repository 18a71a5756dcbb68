"""Probes and commands through a real sshd on loopback."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.tools import needs
from tests.vantage.remote import events_of, follow, vantage_session
from tests.vantage.sshd import Sshd, sshd
from wizard.model.events import Headers, ProbeEvent, SseEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for all tests of this file."""
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


async def test_a_stream_through_ssh(jump: Sshd) -> None:
    session = vantage_session(jump.prefix())
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        timeline = await follow(f"{url}?a='b' c&d=$HOME".replace(" ", "%20"), session)
    assert (timeline.events, timeline.ended, timeline.address) == (1, "eof", "127.0.0.1")
    capabilities = await session.discover()
    assert (capabilities.tool, capabilities.problem) == ("curl", "")
    assert capabilities.skew_s is not None
    assert capabilities.skew_within_s is not None
    assert abs(capabilities.skew_s) <= capabilities.skew_within_s


async def test_leaving_a_held_stream_closes_the_connection(jump: Sshd) -> None:
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await reader.read()
        left.set()

    async with serving(answer) as url:
        events = events_of(Probe("sse-direct", url, vantage="web"), vantage_session(jump.prefix()))
        async for event in events:
            if isinstance(event, SseEvent):
                break
        assert not left.is_set()
        await events.aclose()
        async with asyncio.timeout(10):
            await left.wait()


async def test_several_probes_share_one_discovery(jump: Sshd) -> None:
    session = vantage_session(jump.prefix())
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        timelines = await asyncio.gather(*(follow(url, session) for _ in range(8)))
    assert [timeline.ended for timeline in timelines] == ["eof"] * 8


async def test_words_arrive_unchanged(jump: Sshd) -> None:
    words = ["printf", "%s|", "a b", "it's", '"$HOME"', "*", "", "\\n", "ä"]
    result = await vantage_session(jump.prefix()).collect(words, within=10)
    assert result.stdout.decode() == 'a b|it\'s|"$HOME"|*||\\n|ä|'


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"key": "stranger"}, "use a key with an agent"),
        ({"known": "empty"}, "connect once by hand and check the key: ssh "),
    ],
    ids=["wrong key", "unknown host key"],
)
async def test_a_refusal_is_one_line(jump: Sshd, keys: dict[str, str], expected: str) -> None:
    timeline = await follow("http://127.0.0.1:1/", vantage_session(jump.prefix(**keys)))
    assert timeline.ended == "unreached"
    assert expected in timeline.detail
    assert timeline.detail.startswith("web: ")


async def test_a_host_key_question_is_not_waited_for(jump: Sshd) -> None:
    options = ("-o", "StrictHostKeyChecking=ask")
    session = vantage_session(jump.prefix(known="empty", options=options))
    assert "connect once by hand" in (await session.discover()).problem


async def test_a_changed_host_key(jump: Sshd) -> None:
    other = (jump.folder / "stranger.pub").read_text().split()[:2]
    (jump.folder / "changed").write_text(f"[127.0.0.1]:{jump.port} {' '.join(other)}\n")
    capabilities = await vantage_session(jump.prefix(known="changed")).discover()
    assert "has changed" in capabilities.problem


async def test_no_sshd_is_running(jump: Sshd) -> None:
    capabilities = await vantage_session(
        ("ssh", "-F", "/dev/null", "-p", "1", "127.0.0.1")
    ).discover()
    assert "Connection refused: is sshd running there?" in capabilities.problem


async def test_a_password_is_not_waited_for(tmp_path: Path) -> None:
    with sshd(tmp_path, password="yes") as running:
        capabilities = await vantage_session(running.prefix(key="stranger")).discover()
    assert "use a key with an agent" in capabilities.problem


async def test_a_standard_input_that_is_not_passed_on(jump: Sshd) -> None:
    capabilities = await vantage_session(jump.prefix(options=["-n"])).discover()
    assert "its standard input is not passed on" in capabilities.problem


@needs("pkill")
async def test_a_lost_connection_is_not_an_error_of_the_server(tmp_path: Path) -> None:
    probe_events: list[ProbeEvent] = []
    with sshd(tmp_path, more="ClientAliveInterval 0") as running:
        async with serving(saying(CHUNKED, then="open")) as url:
            probe = Probe("sse-direct", url, vantage="web")
            async for event in events_of(probe, vantage_session(running.prefix())):
                probe_events.append(event)
                if isinstance(event, Headers):
                    words = ["sh", "-c", f"pkill -P {running.pid}; exit 0"]
                    await (await asyncio.create_subprocess_exec(*words)).wait()
    timeline = Timeline(probe).fold(probe_events)
    assert timeline.ended == "unreached"
    assert "the connection was lost" in timeline.detail
