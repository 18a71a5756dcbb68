"""`check --look`: which of the usual paths is meant, where the URL has none."""

import asyncio

import pytest

from tests.cli.command import run_check
from tests.probe.scripted import CHUNKED, chunk, serving
from wizard.cli import look
from wizard.cli.look import with_usual_path
from wizard.model.target import Target
from wizard.probe.path_search import PathAnswer, ask_usual_paths, has_path

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
STREAM = CHUNKED + chunk(b"data: 1\n\n")
MCP = b"HTTP/1.1 405 No\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers each path with its bytes, and notes the request lines."""

    def __init__(self, **answers: bytes) -> None:
        self.answers, self.requests = answers, list[str]()

    async def act(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n")).decode().strip()
        await reader.readuntil(b"\r\n\r\n")
        self.requests.append(line.rpartition(" ")[0])
        path = line.split()[1].strip("/")
        writer.write(self.answers.get(path, NOT_FOUND))
        await writer.drain()


async def test_each_path_is_asked_once_and_no_more_than_its_headers_is_read() -> None:
    server = Server(sse=STREAM, mcp=MCP)
    async with serving(server.act, read_first=False) as url:
        base = url.removesuffix("/sse")
        answers = await ask_usual_paths(Target(f"{base}/"))
    assert server.requests == ["GET /sse", "GET /mcp"]
    assert answers == (
        PathAnswer(f"{base}/sse", "text/event-stream", is_stream=True),
        PathAnswer(f"{base}/mcp", "HTTP 405, application/json"),
    )


async def test_the_path_that_streams_is_checked() -> None:
    server = Server(sse=STREAM)
    async with serving(server.act, read_first=False) as url:
        base = url.removesuffix("/sse")
        run = await run_check(base, "--look", "--no-mcp")
    assert f"{base}/sse: text/event-stream\n{base}/mcp: HTTP 404, no content type\n" in run.err
    assert f"ssewizard: {base}/sse is the event stream, so it is checked\n" in run.err
    assert f"{base}/sse, " in run.out


async def test_without_permission_nothing_is_asked() -> None:
    server = Server(sse=STREAM)
    async with serving(server.act, read_first=False) as url:
        run = await run_check(url.removesuffix("/sse"), "--no-mcp")
    assert set(server.requests) == {"GET /"}
    assert run.err == ""
    assert "check --look tries both" in " ".join(run.out.split())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """The targets whose usual paths are asked for; both of them stream."""
    targets: list[Target] = []

    async def ask(target: Target) -> tuple[PathAnswer, ...]:
        targets.append(target)
        return (PathAnswer("http://a/sse", "text/event-stream", True),) * 2

    monkeypatch.setattr(look, "ask_usual_paths", ask)
    return targets


@pytest.mark.parametrize(
    ("target", "is_asked"),
    [
        (Target("http://a"), True),
        (Target("http://a/"), True),
        (Target("http://a/x"), False),
        (Target("http://a/?x=1"), False),
        (Target("http://a", method="POST"), False),
        (Target("ws://a", upgrade=True), False),
    ],
)
def test_only_a_url_without_a_path_is_looked_at(
    asked: list[Target], capsys: pytest.CaptureFixture[str], target: Target, is_asked: bool
) -> None:
    assert with_usual_path(target, is_allowed=True) == target
    assert bool(asked) == is_asked
    assert ("both are event streams" in capsys.readouterr().err) == is_asked


@pytest.mark.parametrize(
    ("answer", "is_asked"), [("y\n", True), ("Yes\n", True), ("\n", False), ("", False)]
)
def test_a_terminal_is_asked(
    asked: list[Target],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    is_asked: bool,
) -> None:
    monkeypatch.setattr(look, "is_terminal", lambda _: True)
    monkeypatch.setattr("sys.stdin.readline", lambda _: answer)
    with_usual_path(Target("http://a"), is_allowed=False)
    assert bool(asked) == is_asked
    assert "Ask http://a/sse and http://a/mcp with a GET each" in capsys.readouterr().err


def test_a_target_of_a_server_has_no_path() -> None:
    assert [has_path(Target(f"http://a{end}")) for end in ("", "/", "//", "/b", "?c")] == [
        False, False, False, True, True
    ]  # fmt: skip
