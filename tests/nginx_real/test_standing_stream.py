"""The GET stream of a session of Streamable HTTP behind a real Nginx."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.probe.mcp.server import (
    Answer,
    Request,
    event,
    event_stream,
    response,
    running,
    silence,
    streamable,
)
from tests.probe.scripted import CHUNKED, chunk
from wizard.diagnose.session_outcome import handshake_problem, standing_stream
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

STEPS: tuple[StepId, ...] = ("root", "proxy", "logs", "config", "cause", "fix")
EVIDENCE = {"URL": (), "direct": ("direct",), "config": ("conf",), "all": ("direct", "conf")}
LIVE = "proxy_http_version 1.1; proxy_buffering off;"
NOTE = event(b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}')


def plain_stream(*parts: bytes) -> Answer:
    """A stream that is chunked to HTTP/1.1 alone, as those of Node.js, and stays open."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        is_old = request.version == "HTTP/1.0"
        head = CHUNKED.replace(b"Transfer-Encoding: chunked", b"Connection: close")
        writer.write(head if is_old else CHUNKED)
        for part in parts:
            writer.write(part if is_old else chunk(part))
        await writer.drain()
        await silence(request, writer)

    return answer


async def pings(_request: Request, writer: asyncio.StreamWriter) -> None:
    """A stream with a comment every 0.2 s."""
    writer.write(CHUNKED)
    while True:
        writer.write(chunk(b": ping\n\n"))
        await writer.drain()
        await asyncio.sleep(0.2)


async def investigate(
    binary: str,
    folder: Path,
    stream: Answer,
    directives: str,
    given: tuple[str, ...] = ("direct", "conf"),
    patience: float = 0.0,
) -> Investigation:
    (port,) = free_ports(1)
    async with running(streamable(stream)) as backend:
        url = backend.url.replace("/sse", "/mcp")
        location = f"location / {{ {directives} proxy_pass {url.removesuffix('/mcp')}; }}"
        async with running_nginx(binary, folder, port, location) as conf:
            target = Target(
                f"http://127.0.0.1:{port}/mcp",
                direct=(Source(url),) if "direct" in given else (),
                conf=Source(str(conf)) if "conf" in given else None,
                patience=patience,
                stall=3.0,
            )
            investigation = Investigation(target)
            for step in STEPS:
                if step != "config" or target.conf:
                    await investigation.run(step)
    return investigation


def diagnosis_of(investigation: Investigation) -> Diagnosis:
    assert investigation.diagnosis is not None
    handshake = investigation.case.handshake("proxy")
    assert handshake is not None
    assert handshake.stage == "done", handshake
    return investigation.diagnosis


@pytest.mark.parametrize("given", EVIDENCE)
async def test_a_stream_that_the_read_timeout_cuts(nginx: str, tmp_path: Path, given: str) -> None:
    directives = f"{LIVE} proxy_read_timeout 1s;"
    evidence = EVIDENCE[given]
    investigation = await investigate(nginx, tmp_path, event_stream(), directives, evidence, 2.5)
    diagnosis = diagnosis_of(investigation)
    standing = standing_stream(investigation.case, "proxy")
    assert standing is not None
    assert standing.outcome == "cut"
    wanted = {"all": ("fault", "confirmed"), "config": ("fault", "likely")}
    verdict, confidence = wanted.get(given, ("inconclusive", "possible"))
    assert diagnosis.verdict == verdict, diagnosis
    for cause in diagnosis.causes:
        assert (cause.id, cause.confidence) == ("idle-read-timeout", confidence)
    assert diagnosis.causes or "conf" not in evidence


@pytest.mark.parametrize("given", EVIDENCE)
@pytest.mark.parametrize("parts", [(), (NOTE,)], ids=["silent", "progress"])
async def test_a_stream_whose_events_are_held(
    nginx: str, tmp_path: Path, given: str, parts: tuple[bytes, ...]
) -> None:
    directives = "proxy_http_version 1.0;"
    evidence = EVIDENCE[given]
    investigation = await investigate(nginx, tmp_path, plain_stream(*parts), directives, evidence)
    diagnosis = diagnosis_of(investigation)
    assert diagnosis.verdict == ("fault" if given == "all" else "inconclusive"), diagnosis
    assert {cause.id for cause in diagnosis.causes} <= {"idle-headers-held"}
    assert handshake_problem(investigation.case)


@pytest.mark.parametrize("given", EVIDENCE)
async def test_held_headers_that_come_with_the_first_event_accuse_nobody(
    nginx: str, tmp_path: Path, given: str
) -> None:
    directives, evidence = "proxy_http_version 1.1;", EVIDENCE[given]
    investigation = await investigate(nginx, tmp_path, plain_stream(), directives, evidence)
    diagnosis = diagnosis_of(investigation)
    assert diagnosis.verdict == "inconclusive"
    assert {cause.confidence for cause in diagnosis.causes} <= {"possible"}


async def test_a_get_that_the_proxy_does_not_pass_is_not_healthy(
    nginx: str, tmp_path: Path
) -> None:
    directives = f"{LIVE} if ($request_method = GET) {{ return 405; }}"
    investigation = await investigate(nginx, tmp_path, event_stream(), directives)
    assert diagnosis_of(investigation).verdict != "healthy"
    assert "405" in handshake_problem(investigation.case)


WELL: Mapping[str, tuple[Answer, str]] = {
    "silent": (event_stream(), LIVE),
    "silent, HTTP/1.0": (plain_stream(), "proxy_http_version 1.0; proxy_buffering off;"),
    "pings": (pings, LIVE),
    "pings, short timeout": (pings, f"{LIVE} proxy_read_timeout 1s;"),
    "progress": (event_stream(NOTE), LIVE),
    "progress, buffered": (event_stream(NOTE), "proxy_http_version 1.1;"),
    "not offered": (response(405), "proxy_http_version 1.1;"),
}


@pytest.mark.parametrize("given", EVIDENCE)
@pytest.mark.parametrize("how", WELL)
async def test_a_stream_that_works_is_healthy(
    nginx: str, tmp_path: Path, how: str, given: str
) -> None:
    stream, directives = WELL[how]
    investigation = await investigate(nginx, tmp_path, stream, directives, EVIDENCE[given], 1.5)
    diagnosis = diagnosis_of(investigation)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ()), diagnosis
