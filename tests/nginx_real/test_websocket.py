"""WebSockets behind a real Nginx: refused, opened by the block, beside an event stream, cut."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import apply, behind_nginx, causes, conclude, faults, subsets
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.probe.mcp.server import Request, event, read, response
from tests.probe.scripted import CHUNKED, Act, chunk
from tests.probe.websocket_server import frame
from wizard.lab import Lab, scenario_named
from wizard.lab.websocket import asks_for_websocket
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Target
from wizard.probe.websocket import accept_of

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

ID = "websocket-upgrade-missing"
OFF = "proxy_buffering off; proxy_read_timeout 1h;"
MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }"
DOCUMENTED = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"
"""The map of Nginx's documentation."""
PASSED = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
BY_MAP = f"{PASSED} proxy_set_header Connection $connection_upgrade;"
LITERAL = f'{PASSED} proxy_set_header Connection "upgrade";'
Refuses = Callable[[Request], bytes | None]
"""Returns the answer to a request that is not served, None for one that is."""


def accept_all(_request: Request) -> None:
    """Refuse nothing."""


def ends_unless_kept(request: Request) -> bool:
    """True for HTTP/1.0 and for Connection: close."""
    is_closing = "close" in request.headers.get("connection", "").lower()
    return is_closing or request.version == "HTTP/1.0"


def backend(
    refuses: Refuses = accept_all,
    *,
    plain: bytes = b"",
    ends: Callable[[Request], bool] = lambda _: False,
    every_s: float | None = 0.2,
) -> Act:
    """A WebSocket and an event stream under one path.

    Args:
        plain: The answer to a request without an upgrade, in place of the stream.
        ends: Tells for which requests the stream ends after one event.
        every_s: Seconds between two messages; None sends none.
    """

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read(reader)
        if request.path == "/":
            writer.write(response(200, b"here", kind="text/plain"))
        elif refusal := refuses(request):
            writer.write(refusal)
        elif asks_for_websocket(request.headers) and request.version == "HTTP/1.1":
            await _send(reader, writer, _switch(request), frame(1, b"tick"), every_s, endless=True)
        elif plain:
            writer.write(plain)
        else:
            tick, endless = chunk(event(b"1", "tick")), not ends(request)
            await _send(reader, writer, CHUNKED + tick, tick, every_s, endless=endless)
            writer.write(chunk(b""))

    return act


def _switch(request: Request) -> bytes:
    accept = accept_of(request.headers["sec-websocket-key"]).encode()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    first: bytes,
    again: bytes,
    every_s: float | None,
    *,
    endless: bool,
) -> None:
    """Send until the client leaves."""
    writer.write(first)
    leaving = asyncio.ensure_future(reader.read())
    while endless and not leaving.done():
        await asyncio.wait({leaving}, timeout=every_s)
        if every_s is not None:
            writer.write(again)
            await writer.drain()
    leaving.cancel()


def as_websocket(target: Target) -> Target:
    """The same URL as a WebSocket."""
    return replace(target, upgrade=True)


async def apply_the_diff(nginx: str, target: Target) -> Diagnosis:
    """Apply the diff that an investigation recommends; return its diagnosis."""
    investigation = await investigate(target)
    recommendation, diagnosis = investigation.recommendation, investigation.diagnosis
    assert diagnosis is not None
    assert recommendation is not None, diagnosis
    assert recommendation.diff is not None, recommendation
    await apply(nginx, target, recommendation.diff)
    return diagnosis


async def assert_healthy(target: Target) -> None:
    """Assert that the stream and the WebSocket of this URL are both live through the proxy."""
    for each in (target, as_websocket(target)):
        case, diagnosis = await conclude(each)
        assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ()), (each.upgrade, diagnosis)
        assert [result.outcome for result in case.proxy] == ["live"] * len(case.proxy)


KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";'
REFUSED: Mapping[str, tuple[str, str]] = {
    "nothing is passed on": (f"location / {{ proxy_pass http://$BOT1; {KEPT} {OFF} }}", ""),
    "no Connection": (
        f"location / {{ proxy_pass http://$BOT1; {KEPT} {OFF} "
        "proxy_set_header Upgrade $http_upgrade; }", "",
    ),
    "no Upgrade": (
        f"location / {{ proxy_pass http://$BOT1; {OFF} proxy_http_version 1.1; "
        "proxy_set_header Connection $connection_upgrade; }", MAP,
    ),
    "a map with close is there": (
        f"location / {{ proxy_pass http://$BOT1; {KEPT} {OFF} }} location /chat {{ "
        f"proxy_pass http://$BOT1; {BY_MAP} }}", DOCUMENTED,
    ),
    "the right map is there": (
        f"location / {{ proxy_pass http://$BOT1; {KEPT} {OFF} }} location /chat {{ "
        f"proxy_pass http://$BOT1; {BY_MAP} }}", MAP,
    ),
    "headers are inherited": (
        f"proxy_set_header Host $http_host; proxy_set_header X-A a; {KEPT} "
        f"location / {{ proxy_pass http://$BOT1; {OFF} }}", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("server", "http"), REFUSED.values(), ids=REFUSED.keys())
async def test_after_the_block_both_live_on_one_location(
    nginx: str, tmp_path: Path, server: str, http: str
) -> None:
    """The backend ends a stream that is asked for with `Connection: close`."""
    servers = (backend(ends=ends_unless_kept),)
    async with behind_nginx(nginx, tmp_path, servers, server, http=http, path="/live") as target:
        _, before = await conclude(target)
        diagnosis = await apply_the_diff(nginx, as_websocket(target))
        assert causes(diagnosis) == {ID: "confirmed"}
        for less in subsets(as_websocket(target))[1:]:
            assert faults((await conclude(less))[1]) <= {ID}
        assert before.verdict == "healthy", before
        await assert_healthy(target)


@pytest.mark.parametrize("plain", [426, 200])
async def test_http_1_0_is_named_by_its_line(nginx: str, tmp_path: Path, plain: int) -> None:
    page = response(plain, b"not here", kind="text/plain")
    conf = LITERAL.replace("1.1", "1.0")
    server = f"location / {{ proxy_pass http://$BOT1; {conf} {OFF} }}"
    async with behind_nginx(nginx, tmp_path, (backend(plain=page),), server, path="/ws") as target:
        diagnosis = await apply_the_diff(nginx, as_websocket(target))
        assert causes(diagnosis) == {ID: "confirmed"}
        texts = [item.text for item in diagnosis.causes[0].evidence if item.kind == "config"]
        assert texts == ["the backend is asked with HTTP/1.0: only HTTP/1.1 can be upgraded"]
        assert (await conclude(as_websocket(target)))[1].verdict == "healthy"


STREAM_FAULTS: Mapping[str, tuple[str, str, str]] = {
    "held": ("proxy-buffering-hold", f"{BY_MAP} proxy_buffering on;", MAP),
    "ended by close": ("backend-ends-early", f"{BY_MAP} {OFF}", DOCUMENTED),
}


@pytest.mark.parametrize("name", STREAM_FAULTS)
async def test_the_block_for_a_stream_keeps_the_websocket(
    nginx: str, tmp_path: Path, name: str
) -> None:
    id, lines, http = STREAM_FAULTS[name]
    is_held, server = name == "held", f"location / {{ proxy_pass http://$BOT1; {lines} }}"
    act = backend(ends=ends_unless_kept, every_s=0.05) if not is_held else large_backend()
    async with behind_nginx(nginx, tmp_path, (act,), server, http=http, path="/live") as target:
        assert (await conclude(as_websocket(target)))[1].verdict == "healthy"
        diagnosis = await apply_the_diff(nginx, target)
        assert list(causes(diagnosis)) == [id]
        await assert_healthy(target)


def large_backend() -> Act:
    """A backend whose events exceed a buffer."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read(reader)
        if asks_for_websocket(request.headers):
            await _send(reader, writer, _switch(request), frame(1, b"tick"), 0.2, endless=True)
            return
        large = chunk(event(b"x" * 5000, "tick"))
        await _send(reader, writer, CHUNKED + large, large, 0.2, endless=True)

    return act


async def test_the_block_for_the_messages_keeps_the_websocket(nginx: str) -> None:
    """The scenario's location has the lines for WebSockets, and its backend serves one too."""
    scenario = scenario_named("upgrade-hardcoded")
    scenario = replace(scenario, backend=replace(scenario.backend, websocket="beside"))
    async with Lab(scenario, nginx=nginx) as lab:
        assert (await conclude(as_websocket(lab.target)))[1].verdict == "healthy"
        investigation = await investigate(lab.target)
        assert list(causes(case_and_diagnosis(investigation)[1])) == ["upgrade-hardcoded"]
        assert investigation.recommendation is not None
        await lab.apply(investigation.recommendation.diff or "")
        for target in (lab.target, as_websocket(lab.target)):
            assert (await conclude(target))[1].verdict == "healthy"


async def test_another_fault_of_the_request_is_named(nginx: str, tmp_path: Path) -> None:
    """The request as Nginx passes it on is sent to the direct URL, and bisected there."""

    def refuse_foreign_host(request: Request) -> bytes | None:
        is_own = request.headers.get("host", "").startswith("127.0.0.1")
        return None if is_own else response(400, b"Invalid Host", kind="text/plain")

    server = f"location / {{ proxy_pass http://$BOT1; {BY_MAP} proxy_set_header Host other; }}"
    servers = (backend(refuse_foreign_host),)
    async with behind_nginx(nginx, tmp_path, servers, server, http=MAP, path="/ws") as target:
        case, diagnosis = await conclude(as_websocket(target))
    assert causes(diagnosis) == {"host-origin-rejected": "confirmed"}
    opened = [sent for sent in case.follow_ups if sent.timeline.is_websocket]
    assert opened, "a request with the exact bytes opens it too"


def refuse_origin(request: Request) -> bytes | None:
    """Refuse a WebSocket from another origin, as browsers send it."""
    is_foreign = request.headers.get("origin", "").endswith("shop.example")
    return response(403, b"origin not allowed", kind="text/plain") if is_foreign else None


def want_token(request: Request) -> bytes | None:
    """Refuse a request without credentials."""
    is_allowed = request.headers.get("authorization") == "Bearer x"
    return None if is_allowed else response(401, b"no token", kind="text/plain")


OTHERS: Mapping[str, tuple[Refuses, str, tuple[tuple[str, str], ...]]] = {
    "an origin": (refuse_origin, BY_MAP, (("Origin", "https://shop.example"),)),
    "credentials": (want_token, BY_MAP, ()),
    "refused on both sides": (lambda _: response(400, b"no"), "", ()),
    "a page that is allowed": (accept_all, BY_MAP, (("Origin", "https://mine.example"),)),
    "credentials, and nothing passed on": (want_token, "", ()),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_what_nginx_is_not_at_fault_for(nginx: str, tmp_path: Path, name: str) -> None:
    refuses, lines, headers = OTHERS[name]
    server = f"location / {{ proxy_pass http://$BOT1; {lines} }}"
    async with behind_nginx(
        nginx, tmp_path, (backend(refuses),), server, http=MAP, path="/ws"
    ) as target:
        for each in subsets(replace(as_websocket(target), headers=headers)):
            _, diagnosis = await conclude(each)
            assert (diagnosis.verdict == "healthy") == (name == "a page that is allowed")
            assert ID not in faults(diagnosis), diagnosis
            for cause in diagnosis.causes:
                assert cause.fix.where != "nginx" or cause.confidence == "possible", diagnosis


async def test_an_answer_of_nginx_itself_is_no_missing_upgrade(nginx: str, tmp_path: Path) -> None:
    server = f"location = /chat {{ proxy_pass http://$BOT1; {BY_MAP} }}"
    async with behind_nginx(nginx, tmp_path, (backend(),), server, http=MAP, path="/ws") as target:
        for each in subsets(as_websocket(target)):
            assert ID not in causes((await conclude(each))[1])


@pytest.mark.parametrize("pings", [False, True])
async def test_an_idle_websocket_is_cut_by_the_read_timeout(
    nginx: str, tmp_path: Path, pings: bool
) -> None:
    server = f"location / {{ proxy_pass http://$BOT1; {BY_MAP} proxy_read_timeout 1s; }}"
    act = backend(every_s=0.3 if pings else None)
    async with behind_nginx(nginx, tmp_path, (act,), server, http=MAP, path="/ws") as target:
        patient = replace(as_websocket(target), patience=3.0)
        diagnosis = (await conclude(patient))[1]
        assert causes(diagnosis) == ({} if pings else {"idle-read-timeout": "confirmed"})
        if pings:
            assert diagnosis.verdict == "healthy"
            return
        for less in subsets(patient)[1:]:
            assert not faults((await conclude(less))[1])
        await apply_the_diff(nginx, patient)
        assert (await conclude(patient))[1].verdict == "healthy"
