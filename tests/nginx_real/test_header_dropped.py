"""Credentials that Nginx removes, beside those that it uses itself, on a real Nginx."""

from dataclasses import replace

import pytest

from tests.nginx_real.test_check import case_and_diagnosis, investigate
from tests.nginx_real.test_gates_and_limits import evidence_texts
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.model.diagnosis import Diagnosis

pytestmark = pytest.mark.nginx

PASS = "proxy_pass http://$BACKEND; proxy_buffering off; proxy_read_timeout 1h;"
HEADERS = (("Authorization", "Bearer abc"),)


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
