"""Every rule returns, whatever the config, the answers and the logs are."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nginx.random_configs import deterministic
from tests.rules.samples.build import make_case, make_handshake, make_log_line, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.model.diagnosis import Diagnosis

PASS_DIRECTIVES = st.sampled_from(
    ["proxy_pass http://a;", "proxy_pass https://[;", "proxy_pass http://a:x/;", "return 404;",
     "proxy_pass http://$x$request_uri;", "proxy_pass http://[::1/;", "fastcgi_pass a;", "root /;"]
)  # fmt: skip
LINES = st.sampled_from(
    ["proxy_set_header;", "proxy_set_header A;", "proxy_set_header Host b;", "proxy_buffering off;",
     "proxy_read_timeout x;", "auth_request;", "limit_conn;", "proxy_cache;", "add_header X;",
     "proxy_ignore_headers Cache-Control X-Accel-Buffering;", "proxy_http_version 9;"]
)  # fmt: skip
NAMES = st.sampled_from(["/", "= /sse", "= /sse/", "~ s", "~ (", "^~ /s", "/sse", "/message"])
LOCATIONS = st.builds(
    lambda name, passing, lines: f"location {name} {{ {passing} {' '.join(lines)} }}",
    NAMES,
    PASS_DIRECTIVES,
    st.lists(LINES, max_size=3),
)
UPSTREAM = "worker_shutdown_timeout 1s; http { upstream a { server [; server b:x; } server"
KINDS = st.sampled_from(
    ["live", "held", "silent", "cut:1", "cut:60", "closed", "html", "redirect:http://[/", "400",
     "not-http", "undecodable", "partial-head", "only-interim", "not-sent",
     "401", "404", "405", "413", "421", "429", "500", "502", "503", "504"]
)  # fmt: skip
TAGS = st.sampled_from(
    [
        "upstream timed out (110: x) while reading upstream",
        "SSL_do_handshake() failed (SSL: wrong version number) while SSL handshaking to upstream",
        "upstream prematurely closed connection while reading response header from upstream",
        "gracefully shutting down",
        "connect() failed (111: x) while connecting to upstream",
    ]
)
HEADERS = st.sampled_from(
    [("location", "//["), ("via", "x"), ("server", "["), ("www-authenticate", "Bearer resource=["),
     ("access-control-allow-origin", ","), ("x-accel-buffering", "yes"), ("etag", "")]
)  # fmt: skip
ENDPOINTS = st.sampled_from(["/message?sessionId=1", "//[", "http://a:b/", "", "\x00"])


@given(
    st.lists(LOCATIONS, max_size=4),
    KINDS,
    KINDS,
    st.lists(TAGS, max_size=2),
    st.lists(HEADERS, max_size=2),
    ENDPOINTS,
)
@settings(**deterministic(max_examples=200))
def test_no_input_makes_a_rule_raise(
    locations: list[str],
    proxy: str,
    direct: str,
    messages: list[str],
    headers: list[tuple[str, str]],
    endpoint: str,
) -> None:
    lines = [make_log_line(f"2026/11/23 16:00:00 [error] 7#7: *1 {text}") for text in messages]
    conf = (
        f"{UPSTREAM} {{ listen 8081; proxy_set_header Authorization x; {' '.join(locations)} }} }}"
    )
    case = make_case(proxy=proxy, direct=direct, conf=conf, logs=tuple(lines))
    handshake = replace(make_handshake("proxy", stage="initialize", status=404), endpoint=endpoint)
    case = replace(with_answer(case, tuple(headers)), handshakes=(handshake,))
    assert isinstance(diagnose(case), Diagnosis)
