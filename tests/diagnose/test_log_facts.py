"""Facts about log lines: in whose log they stand, and whose requests they show."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.facts.logs import direct_in_log
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import Source
from wizard.model.vantage import Vantage

CONF = """
http { access_log /var/log/nginx/sse.log combined; server {
    listen 8081;
    location / { proxy_pass http://127.0.0.1:12213; access_log logs/own.log combined; }
} }
"""
PROBES = ("sse-proxy h1 identity", "sse-proxy h1 gzip", "sse-direct h1 identity")


def case(file: str, lines: Sequence[tuple[str, str]] = (), *, vantage: str = "local") -> Case:
    """A healthy case with one log of these labels and HTTP versions."""
    requests = lines or [(label, "1.1") for label in PROBES]
    logged = tuple(
        make_log_line(
            f'10.0.0.9 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/{version}" 200 80 "-" "x"',
            client=label,
        )
        for label, version in requests
    )
    healthy = make_case(proxy="live", direct="live", conf=CONF)
    source = Source(file, vantage)
    target = replace(healthy.target, logs=(source,), vantages=(Vantage("web", ("ssh", "web")),))
    return replace(healthy, target=target, logs=(LogReport(str(source), logged, len(logged)),))


@pytest.mark.parametrize(
    "file", ["/var/log/nginx/sse.log", "/var/log/nginx/../nginx/sse.log", "/etc/nginx/logs/own.log"]
)
def test_direct_requests_in_a_log_that_the_config_names(file: str) -> None:
    (line,) = direct_in_log(case(file))
    assert line.client == "sse-direct h1 identity"


@pytest.mark.parametrize("file", ["/var/log/app/access.log", "sse.log", "/var/log/nginx/own.log"])
def test_a_log_of_another_name_may_be_the_backends(file: str) -> None:
    assert direct_in_log(case(file)) == ()


def test_a_log_of_that_name_on_another_host() -> None:
    assert direct_in_log(case("/var/log/nginx/sse.log", vantage="web")) == ()


def test_without_direct_requests_in_it_nothing_is_known() -> None:
    lines = [(label, "1.1") for label in PROBES[:2]]
    assert direct_in_log(case("/var/log/nginx/sse.log", lines)) == ()


def test_a_log_that_records_both_http_versions_is_the_fronts() -> None:
    """A proxy asks its backend in one HTTP version."""
    both = [("sse-proxy h1 identity", "1.1"), ("sse-proxy h2 identity", "2.0"), (PROBES[2], "1.1")]
    (line,) = direct_in_log(replace(case("access.log", both), resolution=None))
    assert line.client == PROBES[2]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_log_that_records_the_version_of_a_proxy_is_the_backends(version: str) -> None:
    proxied = [("sse-proxy h1 identity", version), ("sse-proxy h2 identity", version)]
    assert direct_in_log(case("access.log", [*proxied, (PROBES[2], "1.1")])) == ()


def test_http_1_0_is_not_what_we_send() -> None:
    lines = [("sse-proxy h1 identity", "1.0"), ("sse-direct h1 identity", "1.1")]
    assert direct_in_log(case("/var/log/nginx/sse.log", lines)) == ()
