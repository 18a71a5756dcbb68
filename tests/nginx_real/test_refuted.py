"""Causes that the evidence refutes, on a real Nginx, with all evidence and with parts of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from tests.nginx_real.reduced_cases import reduced_cases
from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.probe.scripted import chunk
from wizard.diagnose.diagnose import diagnose
from wizard.lab import Lab, scenario_named
from wizard.lab.nginx_process import free_ports
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Answers a request, given its head."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = chunk(b"data: tick\n\n")
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
MARK = "proxy_set_header X-Through nginx;"
"""By this header a backend of these tests tells Nginx's requests from the direct ones."""


@asynccontextmanager
async def backend(answer: Answer) -> AsyncIterator[int]:
    """Run a backend that answers in this way; yield its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def stream_until(writer: asyncio.StreamWriter, *, every_s: float, count: int) -> None:
    """Send headers and `count` events."""
    writer.write(HEAD)
    for number in range(count):
        await asyncio.sleep(every_s if number else 0)
        writer.write(EVENT)
        await writer.drain()


async def case_through(
    nginx: str,
    folder: Path,
    answer: Answer,
    location: str,
    *,
    direct: str = "",
    stall: float = 1.0,
    patience: float = 0.0,
) -> tuple[Case, Diagnosis]:
    """The case and diagnosis of a stream behind a location with these directives.

    `direct` is the direct URL; `$PUBLIC` and `$BACKEND` in it are the two ports.
    """
    (public,) = free_ports(1)
    async with backend(answer) as port:
        passed = f"location / {{ proxy_pass http://127.0.0.1:{port}; {MARK} {location} }}"
        logs = f"access_log {folder}/access.log; error_log {folder}/error.log;"
        async with running_nginx(nginx, folder, public, f"{logs} {passed}") as conf:
            url = direct or "http://127.0.0.1:$BACKEND/sse"
            url = url.replace("$PUBLIC", str(public)).replace("$BACKEND", str(port))
            target = Target(
                f"http://127.0.0.1:{public}/sse",
                direct=(Source(url),),
                conf=Source(str(conf)),
                logs=(Source(f"{folder}/access.log"), Source(f"{folder}/error.log")),
                stall=stall,
                patience=patience,
            )
            return case_and_diagnosis(await investigate(target))


def causes_in_all_subsets(case: Case) -> dict[str, set[str]]:
    """The causes that are named with all evidence, and with each part of it missing."""
    return {
        missing: {cause.id for cause in diagnose(reduced).causes}
        for missing, reduced in reduced_cases(case)
    }


async def ends_before_its_timeout(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Streams with gaps of 0.5 s; Nginx's stream is reset a quarter of a second after its last."""
    if b"GET /sse" not in head:
        writer.write(SHORT)
    elif b"X-Through" in head:
        await stream_until(writer, every_s=0.5, count=4)
        await asyncio.sleep(0.269)
        writer.transport.abort()
    else:
        await stream_until(writer, every_s=0.5, count=99)


@pytest.mark.parametrize("limit", ["60s", "600ms"])
async def test_a_cut_before_the_read_timeout_is_not_that_timeout(
    nginx: str, tmp_path: Path, limit: str
) -> None:
    location = f"proxy_buffering off; proxy_read_timeout {limit};"
    case, _ = await case_through(nginx, tmp_path, ends_before_its_timeout, location, patience=3.0)
    assert any(result.outcome == "cut" for result in case.proxy)
    for missing, causes in causes_in_all_subsets(case).items():
        assert "idle-read-timeout" not in causes, f"without {missing}"


async def falls_silent(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Streams with gaps of 0.2 s; Nginx's stream falls silent, the direct one continues."""
    if b"GET /sse" not in head:
        writer.write(SHORT)
        return
    await stream_until(writer, every_s=0.2, count=3 if b"X-Through" in head else 99)
    await asyncio.sleep(99)


async def test_a_cut_by_the_read_timeout_is_that_timeout(nginx: str, tmp_path: Path) -> None:
    location = "proxy_buffering off; proxy_read_timeout 1s;"
    case, diagnosis = await case_through(nginx, tmp_path, falls_silent, location, patience=3.0)
    assert [cause.id for cause in diagnosis.causes] == ["idle-read-timeout"], diagnosis
    assert all(
        causes <= {"idle-read-timeout", "outer-timeout"}
        for causes in causes_in_all_subsets(case).values()
    )


async def nobody_answers(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Leaves Nginx's requests without an answer, also that for `/`, and answers the direct ones."""
    if b"X-Through" in head:
        await asyncio.sleep(99)
    if b"GET /sse" not in head:
        writer.write(SHORT)
        return
    await stream_until(writer, every_s=0.1, count=99)


async def test_a_root_path_without_an_answer_clears_buffering(nginx: str, tmp_path: Path) -> None:
    case, diagnosis = await case_through(nginx, tmp_path, nobody_answers, "")
    assert diagnosis.verdict == "inconclusive"
    assert any("GET /" in note for note in diagnosis.notes)
    for missing, causes in causes_in_all_subsets(case).items():
        assert "proxy-buffering-hold" not in causes, f"without {missing}"


async def streams_everywhere(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answers every path with an event stream that ends by close, as small test backends do."""
    writer.write(HEAD.replace(b"Transfer-Encoding: chunked", b"Connection: close"))
    for _ in range(99):
        writer.write(b"data: tick\n\n")
        await writer.drain()
        await asyncio.sleep(0.1)


async def test_a_root_path_that_is_a_stream_clears_nothing(nginx: str, tmp_path: Path) -> None:
    _, diagnosis = await case_through(nginx, tmp_path, streams_everywhere, "")
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("proxy-buffering-hold", "confirmed")
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_direct_url_that_is_nginx_itself_accuses_nobody(
    nginx: str, tmp_path: Path, host: str
) -> None:
    case, diagnosis = await case_through(
        nginx, tmp_path, streams_everywhere, "", direct=f"http://{host}:$PUBLIC/sse"
    )
    assert any("is not direct" in note for note in diagnosis.notes)
    assert diagnosis.verdict == "inconclusive"
    for missing, causes in causes_in_all_subsets(case).items():
        assert "backend-silent" not in causes, f"without {missing}"


async def steady(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answers `/sse` with an event stream, everything else shortly."""
    if b"GET /sse" not in head:
        writer.write(SHORT)
        return
    await stream_until(writer, every_s=0.1, count=99)


@asynccontextmanager
async def tls_nginx(nginx: str, folder: Path, port: int) -> AsyncIterator[dict[str, int]]:
    """Run an Nginx with a port for TLS, one for plain HTTP and one that passes plain HTTP to TLS.

    Yields the ports by name.
    """
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    plain, tls, wrong = free_ports(3)
    location = "location / { proxy_buffering off; proxy_pass http://127.0.0.1:%d; }"
    server = f"""
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    {location % port}
    }} server {{ listen 127.0.0.1:{wrong}; {location % tls}
    """
    async with running_nginx(nginx, folder, plain, server):
        yield {"plain": plain, "tls": tls, "wrong": wrong}


@pytest.mark.parametrize(
    ("scheme", "port", "expected"),
    [
        ("http", "tls", "scheme-mismatch"),
        ("https", "plain", "scheme-mismatch"),
        ("http", "wrong", "tls-upstream-mismatch"),
        ("http", "plain", None),
        ("https", "tls", None),
    ],
)
async def test_the_wrong_scheme_is_told_from_tls_to_the_backend(
    nginx: str, tmp_path: Path, scheme: str, port: str, expected: str | None
) -> None:
    async with backend(steady) as backend_port, tls_nginx(nginx, tmp_path, backend_port) as ports:
        target = Target(
            f"{scheme}://127.0.0.1:{ports[port]}/sse",
            direct=(Source(f"http://127.0.0.1:{backend_port}/sse"),),
            conf=Source(f"{tmp_path}/nginx.conf"),
            insecure=True,
            stall=1.0,
        )
        case, diagnosis = case_and_diagnosis(await investigate(target))
    assert [cause.id for cause in diagnosis.causes] == ([expected] if expected else []), diagnosis
    for missing, reduced in reduced_cases(case):
        sure = {cause.id for cause in diagnose(reduced).causes if cause.confidence != "possible"}
        assert sure <= {expected}, f"without {missing}"


async def test_an_inner_nginx_at_the_direct_url_is_no_silent_backend(
    nginx: str, tmp_path: Path
) -> None:
    """It holds the stream itself, and the config of the outer one lets everything pass."""
    outer, inner = free_ports(2)
    async with backend(streams_everywhere_but_root) as port:
        server = f"""
        location / {{ proxy_buffering off; proxy_pass http://127.0.0.1:{inner}; }}
        }} server {{ listen 127.0.0.1:{inner};
        location / {{ proxy_pass http://127.0.0.1:{port}; }}
        """
        async with running_nginx(nginx, tmp_path, outer, server):
            target = Target(
                f"http://127.0.0.1:{outer}/sse",
                direct=(Source(f"http://127.0.0.1:{inner}/sse"),),
                stall=1.0,
            )
            case, diagnosis = case_and_diagnosis(await investigate(target))
    assert all(result.outcome == "held" for result in (*case.proxy, *case.direct))
    assert diagnosis.causes == ()
    assert any("At the direct URL Nginx answers" in note for note in diagnosis.notes)


async def streams_everywhere_but_root(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answers `/` shortly, and all else with an event stream that ends by close."""
    if b"GET / " in head:
        writer.write(SHORT)
        return
    await streams_everywhere(head, writer)


async def test_a_live_variant_proves_that_the_backend_sends(nginx: str) -> None:
    """Over TLS, HTTP/1.1 is held and HTTP/2 is live: no direct URL is needed to tell the cause."""
    async with Lab(scenario_named("tls"), nginx=nginx) as lab:
        target = replace(lab.target, direct=())
        case, diagnosis = case_and_diagnosis(await investigate(target))
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("proxy-buffering-hold", "confirmed")
    assert "the backend sends" in cause.distinguishes
    for missing, causes in causes_in_all_subsets(case).items():
        assert causes <= {"proxy-buffering-hold"}, f"without {missing}"


async def test_the_other_scheme_is_asked_without_the_users_headers() -> None:
    """A token that was meant for TLS must not be sent in plain text."""
    heads: list[bytes] = []

    async def record(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await steady(head, writer)

    async with backend(record) as port:
        url = f"https://127.0.0.1:{port}/sse"
        target = Target(url, headers=(("Authorization", "Bearer abc"), ("X-Key", "k")), stall=0.5)
        case, diagnosis = case_and_diagnosis(await investigate(target))
    assert [follow_up.purpose for follow_up in case.follow_ups] == ["other-scheme"]
    assert [cause.id for cause in diagnosis.causes] == ["scheme-mismatch"]
    (head,) = [head for head in heads if head.startswith(b"GET")]
    assert b"Bearer" not in head
    assert b"X-Key" not in head
