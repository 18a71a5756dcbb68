"""The rating of the config step: no pass if the config may be that of another Nginx."""

from dataclasses import replace

import pytest

from tests.nginx.resolving import resolution
from wizard.investigation.step_results import rate_resolution

LIVE = (
    "http { server { listen 8080; "
    "location /sse { proxy_pass http://b; proxy_http_version 1.1; proxy_buffering off; } } }"
)
HELD = "http { server { listen 8080; location /sse { proxy_pass http://b; } } }"


def test_a_config_that_listens_and_holds_nothing_passes() -> None:
    state, why = rate_resolution(resolution(LIVE, port=8080))
    assert state == "pass"
    assert why.endswith("the config holds nothing back")


@pytest.mark.parametrize("text", [LIVE, HELD, "http { server { listen 8080; } }"])
@pytest.mark.parametrize(
    ("scheme", "port", "port_in_message"),
    [("http", 81, 81), ("https", None, 443), ("http", None, 80)],
)
def test_a_port_where_no_server_listens_comes_first(
    text: str, scheme: str, port: int | None, port_in_message: int
) -> None:
    state, why = rate_resolution(resolution(text, scheme=scheme, port=port))
    assert state == "warn"
    assert why.startswith(f"no server in it listens on port {port_in_message}: ")
    assert "; " in why, "the other remarks follow"


def test_a_config_of_one_of_several_nginx_is_a_warning() -> None:
    found = resolution(LIVE, port=8080)
    doubtful = replace(found, config=replace(found.config, doubt="several Nginx run there"))
    state, why = rate_resolution(doubtful)
    assert (state, why.startswith("several Nginx run there; location /sse")) == ("warn", True)
