"""A backend behind a unix socket: what is sent, what is reported, and how it fails."""

import asyncio
import errno
import os
import socket
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, Act, chunk, serving
from tests.probe.test_probe import follow
from tests.vantage.remote import follow as follow_at_vantage
from tests.vantage.remote import prefix_with_only, vantage_session
from wizard.model.probe import Probe
from wizard.probe.mcp.http_sse import endpoint_problem, is_same_origin
from wizard.probe.mcp.session import sibling_url
from wizard.probe.network import with_socket_advice
from wizard.probe.request import ProbeOptions
from wizard.text.urls import join_url, split_url

EVENT = b"data: 1\n\n"
URL = "unix:/run/app.sock:/app/sse?a=1"


def recording(requests: list[bytes]) -> Act:
    """Send one event and end; note the head of the request."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(CHUNKED + chunk(EVENT) + chunk(b""))
        await writer.drain()

    return act


async def test_a_stream_over_a_socket(tmp_path: Path) -> None:
    requests: list[bytes] = []
    path = str(tmp_path / "app.sock")
    async with serving(recording(requests), read_first=False, socket_path=path) as url:
        timeline = await follow(Probe("sse-direct", url))
    assert (timeline.status, timeline.events, timeline.ended) == (200, 1, "eof")
    assert (timeline.dns_s, timeline.address) == (None, None)
    assert timeline.connect_s is not None
    assert requests[0].startswith(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n")


async def test_the_host_of_the_user_is_sent(tmp_path: Path) -> None:
    requests: list[bytes] = []
    options = ProbeOptions(headers=(("Host", "mcp.example.com"),))
    path = str(tmp_path / "app.sock")
    async with serving(recording(requests), read_first=False, socket_path=path) as url:
        await follow(Probe("sse-direct", url), options)
    assert b"Host: mcp.example.com\r\n" in requests[0]
    assert requests[0].count(b"ost: ") == 1


@pytest.mark.parametrize("tool", ["curl", "python3"])
async def test_a_socket_at_a_vantage(tool: str, tmp_path: Path) -> None:
    requests: list[bytes] = []
    session = vantage_session(prefix_with_only(tool, tmp_path))
    path = str(tmp_path / "app.sock")
    async with serving(recording(requests), read_first=False, socket_path=path) as url:
        timeline = await follow_at_vantage(url, session)
        missing = await follow_at_vantage(url.replace("app.sock", "none"), session)
    assert (timeline.status, timeline.events, timeline.ended) == (200, 1, "eof")
    assert timeline.address is None
    assert timeline.connect_s is not None
    assert requests[0].startswith(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n")
    assert (missing.ended, missing.detail) == (
        "refused",
        "no connection: No such file or directory",
    )


@pytest.mark.parametrize("tool", ["wget", "bash", "nc", "busybox nc", "busybox wget"])
async def test_a_tool_that_reaches_no_socket_says_so(tool: str, tmp_path: Path) -> None:
    session = vantage_session(prefix_with_only(tool, tmp_path))
    timeline = await follow_at_vantage(f"unix:{tmp_path}/app.sock:/sse", session)
    assert (timeline.ended, timeline.detail) == (
        "unreached",
        "a unix socket is not possible there: it needs curl or python3",
    )


async def test_why_there_is_no_connection(tmp_path: Path) -> None:
    plain, closed = tmp_path / "file", tmp_path / "closed.sock"
    plain.touch()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(closed))
    expected = {
        tmp_path / "none.sock": "No such file or directory",
        plain: "Connection refused (it is not a socket)",
        closed: "Connection refused",
    }
    for path, reason in expected.items():
        timeline = await follow(Probe("sse-direct", f"unix:{path}:/sse"))
        assert (timeline.ended, timeline.connect_s) == ("refused", None)
        assert timeline.detail == f"no connection to {path}: {reason}"


async def test_a_socket_that_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deny(path: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = tmp_path / "app.sock"
    # Nothing is denied to root, as who the tests may run.
    monkeypatch.setattr("anyio.connect_unix", deny)
    async with serving(recording([]), socket_path=str(path)) as url:
        timeline = await follow(Probe("sse-direct", url))
    assert timeline.detail == with_socket_advice(
        f"no connection to {path}: Permission denied", str(path)
    )


def test_who_may_reach_a_socket_that_is_denied() -> None:
    problem = "no connection: Permission denied"
    assert "Nginx runs as may have access" in with_socket_advice(problem, "/run/app.sock")
    assert with_socket_advice(problem, "") == problem


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("/messages?s=1", "unix:/run/app.sock:/messages?s=1"),
        ("messages", "unix:/run/app.sock:/app/messages"),
        ("http://localhost/messages", "unix:/run/app.sock:/messages"),
        ("http://localhost//x", "unix:/run/app.sock://x"),
        ("http://localhost@evil/x", "http://localhost@evil/x"),
        ("http://localhost.evil/x", "http://localhost.evil/x"),
        ("//evil/x", "http://evil/x"),
        ("unix:/run/other.sock:/x", "unix:/run/other.sock:/x"),
    ],
)
def test_an_endpoint_leads_to_the_same_socket_or_is_another_origin(
    reference: str, joined: str
) -> None:
    assert join_url(URL, reference) == joined
    is_same = joined.startswith("unix:/run/app.sock:")
    assert is_same_origin(URL, joined) == is_same
    assert (endpoint_problem(URL, reference) == "") == is_same


def test_no_endpoint_leads_from_a_host_to_a_socket() -> None:
    for url in ("http://localhost/sse", "http://h/sse"):
        assert "another origin" in endpoint_problem(url, "unix:/run/app.sock:/x")


def test_the_parts_of_the_url_of_a_socket() -> None:
    parts = split_url(URL)
    assert (parts.path, parts.query, parts.port) == ("/app/sse", "a=1", None)
    assert parts[:2] == split_url("unix:/run/app.sock:/x")[:2]
    assert parts[:2] != split_url("unix:/run/app2.sock:/app/sse")[:2]
    assert sibling_url(URL) == "unix:/run/app.sock:/app/mcp?a=1"
