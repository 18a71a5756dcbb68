"""Headers that Nginx removes or replaces, also beside a login of its own, on a real Nginx."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.nginx_real.test_gates_and_limits import evidence_texts, investigate_server, only_cause
from tests.probe.mcp.server import Answer, Request, event_stream, response, running, streamable
from wizard.lab import Lab, scenario_named
from wizard.lab.nginx_process import free_ports
from wizard.lab.scenario import Behaviour
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PASS = "proxy_pass http://$BACKEND; proxy_buffering off; proxy_read_timeout 1h;"
HEADERS = (("Authorization", "Bearer abc"),)


@pytest.mark.parametrize(
    "line",
    ["proxy_pass_request_body off; proxy_set_header Content-Length '';", "proxy_method GET;"],
)
async def test_a_message_that_the_config_changes(nginx: str, line: str) -> None:
    server = f"location / {{ {PASS} }} location /message {{ {line} {PASS} }}"
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("header-dropped", "likely")
    assert "nginx.conf:" in diagnosis.causes[0].fix.summary


async def diagnose_server(nginx: str, line: str, credential: str = "Bearer abc") -> Diagnosis:
    backend = Behaviour(ping_s=0.2, credential=credential)
    server = f"listen $LISTEN; location / {{ {PASS} {line} }}"
    scenario = replace(scenario_named("healthy"), server=server, backend=backend)
    async with Lab(scenario, nginx=nginx) as lab:
        target = replace(lab.target, headers=HEADERS)
        _, diagnosis = case_and_diagnosis(await investigate(target))
        return diagnosis


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('proxy_set_header Authorization "";', 'Authorization "": the backend never gets this'),
        ("proxy_pass_request_headers off;", "proxy_pass_request_headers off"),
        (
            'proxy_set_header Authorization "Basic b3RoZXI6MQ==";',
            "Authorization …: the backend gets this value instead of the one that was sent",
        ),
    ],
)
async def test_credentials_that_are_removed_are_named(nginx: str, line: str, text: str) -> None:
    diagnosis = await diagnose_server(nginx, line)
    assert [cause.id for cause in diagnosis.causes] == ["header-dropped"]
    assert text in evidence_texts(diagnosis)


@pytest.mark.parametrize(
    ("line", "credential"),
    [
        ("proxy_set_header Authorization $http_authorization;", "Bearer abc"),
        ('proxy_set_header Authorization "";', ""),
        (
            "proxy_pass_request_headers off; proxy_set_header Accept $http_accept;"
            " proxy_set_header Authorization $http_authorization;",
            "Bearer abc",
        ),
    ],
)
async def test_credentials_that_arrive_or_are_not_needed(
    nginx: str, line: str, credential: str
) -> None:
    diagnosis = await diagnose_server(nginx, line, credential)
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


def demanding(needed: Mapping[str, str]) -> dict[str, Answer]:
    """A server of Streamable HTTP that refuses its messages without a part of these headers."""

    def guard(answer: Answer) -> Answer:
        async def guarded(request: Request, writer: asyncio.StreamWriter) -> None:
            is_first = request.name in ("server/discover", "initialize")
            names = [name for name in needed if not is_first or name == "accept"]
            if any(needed[name] not in request.headers.get(name, "") for name in names):
                writer.write(response(400, b"Bad Request: header missing", kind="text/plain"))
            elif callable(answer):
                await answer(request, writer)
            else:
                writer.write(answer)
            await writer.drain()

        return guarded

    script = streamable(event_stream())
    return {name: answer if name == "GET" else guard(answer) for name, answer in script.items()}


@pytest.mark.parametrize(
    ("line", "needed", "is_named"),
    [
        ('proxy_set_header Accept "*/*";', {"accept": "application/json"}, True),
        ('proxy_set_header Accept "*/*";', {}, False),
        ('proxy_set_header Mcp-Session-Id "";', {"mcp-session-id": "s"}, True),
        ("proxy_set_header Mcp-Session-Id $http_mcp_session_id;", {"mcp-session-id": "s"}, False),
    ],
)
async def test_headers_of_a_session_that_do_not_arrive_are_named(
    nginx: str, line: str, needed: Mapping[str, str], is_named: bool, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    async with running(demanding(needed)) as backend:
        url = backend.url.replace("/sse", "/mcp")
        location = f"location / {{ {line} proxy_pass {url.removesuffix('/mcp')};"
        location += " proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h; }"
        async with running_nginx(nginx, tmp_path, port, location) as conf:
            direct, public = (Source(url),), f"http://127.0.0.1:{port}/mcp"
            target = Target(public, direct=direct, conf=Source(str(conf)), stall=3.0)
            _, diagnosis = case_and_diagnosis(await investigate(target))
    assert [cause.id for cause in diagnosis.causes] == ["header-dropped"] * is_named
    assert (line.rstrip(";").replace('"*/*"', "*/*") in evidence_texts(diagnosis)) is is_named
