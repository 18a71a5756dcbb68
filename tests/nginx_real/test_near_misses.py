"""Lines that are meant to end the buffering and change nothing, on a real Nginx."""

import pytest

from tests.nginx_real.test_gates_and_limits import evidence_texts, investigate_server, only_cause
from wizard.model.probe_result import HELD_OUTCOMES

pytestmark = pytest.mark.nginx

PASS = "proxy_http_version 1.0; proxy_pass http://$BACKEND;"


@pytest.mark.parametrize(
    "line",
    [
        "add_header X-Accel-Buffering no always;",
        "proxy_set_header X-Accel-Buffering no;",
        "gzip off;",
        "postpone_output 0;",
        "chunked_transfer_encoding off;",
        "fastcgi_buffering off;",
    ],
)
async def test_the_stream_is_held_with_the_line_and_the_line_is_named(
    nginx: str, line: str
) -> None:
    case, diagnosis = await investigate_server(nginx, f"location / {{ {PASS} {line} }}")
    assert {result.outcome for result in case.proxy} <= HELD_OUTCOMES
    assert only_cause(diagnosis) == ("proxy-buffering-hold", "confirmed")
    assert line.strip(";") in evidence_texts(diagnosis)


async def test_buffering_that_is_off_in_a_location_that_matches_nothing(nginx: str) -> None:
    server = f"location / {{ {PASS} }} location ^/sse {{ {PASS} proxy_buffering off; }}"
    _, diagnosis = await investigate_server(nginx, server)
    assert only_cause(diagnosis) == ("location-miss", "confirmed")
    assert "written like a regex" in evidence_texts(diagnosis)
