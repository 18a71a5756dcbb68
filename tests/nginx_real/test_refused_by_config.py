"""A line of the config refuses a stream or a message whose path it passes to the backend."""

from dataclasses import replace

import pytest

from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.nginx_real.test_gates_and_limits import PASS, investigate_server, only_cause
from wizard.lab import Lab, scenario_named

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

IF_METHOD = "if ($request_method !~ ^(GET|HEAD|OPTIONS)$) { return 405; }"
"""A line of the kind that hardening guides give for all servers."""


@pytest.mark.parametrize(
    "server",
    [
        f"{IF_METHOD} location / {{ {PASS} }}",
        f"location / {{ {IF_METHOD} {PASS} }}",
        f"location / {{ limit_except GET {{ deny all; }} {PASS} }}",
        f'if ($query_string ~ "sessionId=") {{ return 403; }} location / {{ {PASS} }}',
        f"if ($request_method = POST) {{ return 444; }} location / {{ {PASS} }}",
    ],
)
async def test_a_message_is_refused(nginx: str, server: str) -> None:
    case, diagnosis = await investigate_server(nginx, server)
    assert {result.outcome for result in case.proxy} == {"live"}
    assert only_cause(diagnosis) == ("refused-by-config", "confirmed")
    fix = diagnosis.causes[0].fix.summary
    assert "so that it lets POST /message pass" in fix
    assert "`if (" in fix or "`limit_except GET`" in fix


@pytest.mark.parametrize("status", [403, 404, 405, 444, 503])
async def test_the_stream_is_refused(nginx: str, status: int) -> None:
    server = f"if ($request_uri ~ sse) {{ return {status}; }} location / {{ {PASS} }}"
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("refused-by-config", "confirmed")


async def test_a_location_that_passes_nothing_on_refuses_too(nginx: str) -> None:
    server = f"location / {{ {PASS} }} location /message {{ return 403; }}"
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("refused-by-config", "confirmed")


@pytest.mark.parametrize(
    "server",
    [
        f"if ($http_user_agent !~ Mozilla) {{ return 403; }} location / {{ {PASS} }}",
        f"location / {{ {PASS} }} location /sse {{ allow 192.0.2.1; deny all; {PASS} }}",
        f"location / {{ {PASS} }} location /sse {{ rewrite ^ /sse last; {PASS} }}",
    ],
    ids=["a User-Agent", "an address, by the log", "a circle of rewrites"],
)
async def test_the_stream_is_refused_for_another_reason(nginx: str, server: str) -> None:
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("refused-by-config", "confirmed")


async def test_a_client_certificate_is_asked_for(nginx: str) -> None:
    tls = scenario_named("tls")
    asking = "ssl_client_certificate $CERT; ssl_verify_client on;"
    async with Lab(replace(tls, server=f"{tls.server}\n{asking}"), nginx=nginx) as lab:
        _, diagnosis = case_and_diagnosis(await investigate(lab.target))
    assert only_cause(diagnosis) == ("auth-gate", "confirmed")
    assert "certificate" in diagnosis.causes[0].title


async def test_a_regex_leads_the_stream_to_another_backend(nginx: str) -> None:
    server = f"location /sse {{ {PASS} }} location ~ ^/.* {{ {OTHER} }}"
    _, diagnosis = await investigate_server(nginx, server, UPSTREAM)
    assert only_cause(diagnosis) == ("location-miss", "likely")


UPSTREAM = "server { listen unix:other.sock; return 404; }"
OTHER = "proxy_pass http://unix:other.sock;"
