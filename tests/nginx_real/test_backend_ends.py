"""Streams that the backend ends, for HTTP/1.0 alone or for everybody, behind a real Nginx."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import apply, behind_nginx, causes, conclude, faults, subsets
from tests.nginx_real.test_check import investigate
from tests.probe.mcp.server import Request, event, read, response
from tests.probe.scripted import CHUNKED, Act, chunk

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

OFF = "proxy_buffering off; proxy_read_timeout 1h;"


def is_old(request: Request) -> bool:
    """True for HTTP/1.0."""
    return request.version == "HTTP/1.0"


def asks_to_close(request: Request) -> bool:
    """True for a connection that is not to be kept."""
    return "close" in request.headers.get("connection", "").lower()


def ending(ends: Callable[[Request], bool], refusal: bytes = b"") -> Act:
    """A backend that ends its stream after one event, or refuses it, for some requests."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read(reader)
        if request.path == "/":
            writer.write(response(200, b"here", kind="text/plain"))
            return
        if ends(request) and refusal:
            writer.write(refusal)
            return
        writer.write(CHUNKED + chunk(event(b"1", "tick")))
        leaving = asyncio.ensure_future(reader.read())
        while not ends(request) and not leaving.done():
            await asyncio.wait({leaving}, timeout=0.2)
            writer.write(chunk(event(b"2", "tick")))
            await writer.drain()
        leaving.cancel()
        writer.write(chunk(b""))

    return act


MAP = "map $http_upgrade $kept { default upgrade; '' close; }\n"
REFUSED = response(426, b"", kind="text/plain")


@pytest.mark.parametrize(
    ("ends", "lines", "refusal"),
    [
        (is_old, f"proxy_http_version 1.0; {OFF}", b""),
        (is_old, "proxy_http_version 1.0; proxy_read_timeout 1h;", b""),
        (asks_to_close, f"proxy_http_version 1.1; proxy_set_header Connection close; {OFF}", b""),
        (asks_to_close, f"proxy_http_version 1.1; proxy_set_header Connection $kept; {OFF}", b""),
        (is_old, f"proxy_http_version 1.0; {OFF}", REFUSED),
    ],
    ids=["HTTP/1.0", "with buffering on", "Connection: close", "by a map", "refused with 426"],
)
async def test_a_stream_that_is_ended_because_of_how_nginx_asks(
    nginx: str, tmp_path: Path, ends: Callable[[Request], bool], lines: str, refusal: bytes
) -> None:
    servers, server = (ending(ends, refusal),), f"location / {{ proxy_pass http://$BOT1; {lines} }}"
    running = behind_nginx(nginx, tmp_path, servers, server, path="/events", http=MAP)
    async with running as target:
        everything, with_direct, alone = subsets(target)
        investigation = await investigate(everything)
        assert investigation.diagnosis is not None
        assert causes(investigation.diagnosis) == {"backend-ends-early": "confirmed"}
        for less in (with_direct, alone):
            assert not faults((await conclude(less))[1])
        recommendation = investigation.recommendation
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, after = await conclude(everything)
        assert (after.verdict, after.causes) == ("healthy", ())


async def an_error(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A backend that answers 200 and an error object to whoever sends no token."""
    request = await read(reader)
    if request.headers.get("authorization"):
        writer.write(CHUNKED + chunk(event(b"1", "tick")))
        await reader.read()
        return
    writer.write(CHUNKED + chunk(b'data: {"error":{"message":"no token"}}\n\n') + chunk(b""))


async def test_an_error_object_is_no_early_end(nginx: str, tmp_path: Path) -> None:
    server = (
        "location / { proxy_pass http://$BOT1; proxy_http_version 1.0; "
        f"proxy_set_header Authorization ''; {OFF} }}"
    )
    async with behind_nginx(nginx, tmp_path, (an_error,), server, path="/events") as target:
        target = replace(target, headers=(("Authorization", "Bearer t"),))
        assert causes((await conclude(target))[1]) == {"header-dropped": "confirmed"}
        _, posted = await conclude(replace(target, method="POST", body=b"{}"))
    assert causes(posted) == {"header-dropped": "possible"}


KEPT = f'proxy_http_version 1.1; proxy_set_header Connection ""; {OFF}'


@pytest.mark.parametrize(
    ("ends", "lines"),
    [
        (lambda _: True, f"proxy_http_version 1.0; {OFF}"),
        (lambda request: "x-real-ip" in request.headers, f"{KEPT} proxy_set_header X-Real-IP 1;"),
        (
            lambda request: "x-real-ip" in request.headers,
            f"proxy_http_version 1.0; proxy_set_header X-Real-IP 1; {OFF}",
        ),
        (is_old, KEPT),
    ],
    ids=["ended for all", "because of a header", "a header beside HTTP/1.0", "not ended"],
)
async def test_other_ends_are_not_blamed_on_the_http_version(
    nginx: str, tmp_path: Path, ends: Callable[[Request], bool], lines: str
) -> None:
    server = f"location / {{ proxy_pass http://$BOT1; {lines} }}"
    async with behind_nginx(nginx, tmp_path, (ending(ends),), server, path="/events") as target:
        _, diagnosis = await conclude(target)
    assert "backend-ends-early" not in causes(diagnosis)


def breaking(first: bytes, end: bytes, count: int = 3) -> Act:
    """A backend that ends every stream after some events, with these last bytes."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read(reader)).path == "/":
            writer.write(response(200, b"here", kind="text/plain"))
            return
        writer.write(first)
        for _ in range(count):
            writer.write(chunk(event(b"2", "tick")))
            await writer.drain()
            await asyncio.sleep(0.05)
        writer.write(end)

    return act


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("count", [1, 5])
async def test_a_backend_that_breaks_every_stream_off(
    nginx: str, tmp_path: Path, version: str, count: int
) -> None:
    servers = (breaking(CHUNKED, b"", count),)
    server = f"location / {{ proxy_pass http://$BOT1; proxy_http_version {version}; {OFF} }}"
    async with behind_nginx(nginx, tmp_path, servers, server, path="/events") as target:
        everything, with_direct, alone = subsets(target)
        for each in (everything, with_direct):
            _, diagnosis = await conclude(each)
            assert causes(diagnosis) == {"backend-cuts": "confirmed"}
            assert diagnosis.causes[0].fix.where == "backend"
        assert "backend-cuts" not in causes((await conclude(alone))[1])


async def test_an_answer_that_is_complete_is_not_cut(nginx: str, tmp_path: Path) -> None:
    servers = (breaking(CHUNKED, chunk(b""), 5),)
    server = f"location / {{ proxy_pass http://$BOT1; {KEPT} }}"
    async with behind_nginx(nginx, tmp_path, servers, server, path="/events") as target:
        _, diagnosis = await conclude(target)
    assert (diagnosis.verdict, causes(diagnosis)) == ("healthy", {})
