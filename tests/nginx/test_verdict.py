"""What the config step says of a config: no clean bill where it may be that of another Nginx."""

from dataclasses import replace

import pytest

from tests.nginx.texts import resolution
from wizard.investigation.step_results import rate_resolution

LIVE = (
    "http { server { listen 8080; "
    "location /sse { proxy_pass http://b; proxy_http_version 1.1; proxy_buffering off; } } }"
)
HELD = "http { server { listen 8080; location /sse { proxy_pass http://b; } } }"


def test_what_listens_and_holds_nothing_passes() -> None:
    state, why = rate_resolution(resolution(LIVE, port=8080))
    assert state == "pass"
    assert why.endswith("the config holds nothing back")


@pytest.mark.parametrize("text", [LIVE, HELD, "http { server { listen 8080; } }"])
@pytest.mark.parametrize(
    ("scheme", "port", "named"), [("http", 81, 81), ("https", None, 443), ("http", None, 80)]
)
def test_where_nobody_listens_that_is_said_first(
    text: str, scheme: str, port: int | None, named: int
) -> None:
    state, why = rate_resolution(resolution(text, scheme=scheme, port=port))
    assert state == "warn"
    assert why.startswith(f"no server in it listens on port {named} (")
    assert "; " in why, "what it says otherwise follows"


def test_one_of_several_that_may_be_the_wrong_one() -> None:
    known = resolution(LIVE, port=8080)
    unsure = replace(known, config=replace(known.config, doubt="further Nginx run there"))
    state, why = rate_resolution(unsure)
    assert (state, why.startswith("further Nginx run there; location /sse")) == ("warn", True)
