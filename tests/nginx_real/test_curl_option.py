"""A command that a browser has copied, checked from the command line on a real Nginx."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.nginx_real.bot import behind_nginx
from tests.nginx_real.post_backend import OPENAI, PostBackend
from tests.probe.scripted import Act

pytestmark = pytest.mark.nginx

PATH = "/v1/chat/completions"
HELD = f"location {PATH} {{ proxy_http_version 1.0; proxy_pass http://$BOT1; }}"
COMMAND = """curl '{url}' \\
  -H 'accept: text/event-stream' \\
  -H 'content-type: application/json' \\
  -H 'authorization: Bearer s3cr3t-token-1' \\
  -b 'sid=s3cr3t-cookie-2' \\
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \\
  --data-raw $'{{"prompt":"it\\'s s3cr3t-three","stream":true}}' -L"""
BODY = b'{"prompt":"it\'s s3cr3t-three","stream":true}'


def recording(serve: Act, heads: list[str]) -> Act:
    """Keep the head of each request."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heads.append(head.decode())
        again = asyncio.StreamReader()
        again.feed_data(head)
        forward = asyncio.create_task(_forward(reader, again))
        try:
            await serve(again, writer)
        finally:
            forward.cancel()

    return act


async def _forward(source: asyncio.StreamReader, sink: asyncio.StreamReader) -> None:
    while data := await source.read(65536):
        sink.feed_data(data)
    sink.feed_eof()


async def test_a_copied_command_finds_what_holds_the_stream(nginx: str, tmp_path: Path) -> None:
    backend, heads = PostBackend(OPENAI), list[str]()
    servers = [recording(backend.serve, heads)]
    async with behind_nginx(nginx, tmp_path, servers, HELD, path=PATH) as target:
        case = tmp_path / "case.json"
        words = ("--curl", COMMAND.format(url=target.url), "--direct", target.direct[0].locator)
        more = ("--conf", str(target.conf), "--stall", "4", "--save", str(case), "--format", "json")
        result = await asyncio.to_thread(run_command, "check", *words, *more)
    report = json.loads(result.out)
    assert result.status == 1
    assert [cause["id"] for cause in report["causes"]] == ["proxy-buffering-hold"]
    assert report["target"]["method"] == "POST"
    assert result.err == "ssewizard: --curl: -L: redirects are not followed\n"
    assert [body for body in backend.bodies if body] == [BODY, BODY]
    posts = [head.lower() for head in heads if head.startswith("POST")]
    assert len(posts) == 2
    for head in posts:
        assert "authorization: bearer s3cr3t-token-1\r\n" in head
        assert "cookie: sid=s3cr3t-cookie-2\r\n" in head
        assert "content-type: application/json\r\n" in head
        assert "user-agent: mozilla/5.0 (x11; linux x86_64) ssewizard/" in head
    assert "s3cr3t" not in case.read_text("ascii") + result.out
