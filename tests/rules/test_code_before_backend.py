"""proxy-buffering-hold beside code that runs before the backend is asked: it may be what waits."""

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose

CONF = "server { listen 8081; %s location /sse { proxy_pass http://127.0.0.1:12213; %s } }"


@pytest.mark.parametrize(
    ("server", "location", "confidence"),
    [
        ("", "", "confirmed"),
        ("", "access_by_lua_block { ngx.sleep(30) }", "likely"),
        ("", "js_access main.check;", "likely"),
        ("rewrite_by_lua_file a.lua;", "", "likely"),
        ("", "log_by_lua_block { local x = 1 }", "confirmed"),
        ("", "access_by_lua_block { plugins.run() }", "confirmed"),
    ],
)
def test_code_that_may_wait(server: str, location: str, confidence: str) -> None:
    case = make_case(proxy="held", direct="live", conf=CONF % (server, location))
    cause = diagnose(case).causes[0]
    assert (cause.id, cause.confidence) == ("proxy-buffering-hold", confidence)
    assert ("runs before the backend" in cause.distinguishes) == (confidence == "likely")
