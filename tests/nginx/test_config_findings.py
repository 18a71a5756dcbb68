"""The findings of `inspect`: each on a config with the fault, none on one without it."""

import pytest

from tests.nginx.resolving import resolution
from wizard.diagnose.diagnose import config_findings

PASS = "proxy_pass http://10.0.0.7:12213;"
LIVE = "proxy_buffering off; proxy_read_timeout 1h;"
LIVE_ROOT = f"location / {{ {PASS} {LIVE} }}"
TWO = "upstream bot { server 10.0.0.7:1; server 10.0.0.8:1; METHOD }"


def server(text: str, http: str = "", main: str = "") -> str:
    return f"{main} http {{ {http} server {{ {text} }} }}"


def exact(*more: str) -> str:
    return f"location = /sse {{ {PASS} {LIVE} {' '.join(more)} }} {LIVE_ROOT}"


def to_bot(method: str) -> str:
    return server(f"location / {{ proxy_pass http://bot; {LIVE} }}", TWO.replace("METHOD", method))


LOCATIONS = {
    "proxy-buffering-hold": (f"location / {{ {PASS} proxy_read_timeout 1h; }}", LIVE_ROOT),
    "idle-read-timeout": (f"location / {{ {PASS} proxy_buffering off; }}", LIVE_ROOT),
    "limits": (exact("limit_conn one 1;"), exact()),
    "location-miss": (
        f"location /sse {{ {PASS} {LIVE} }} location ~ sse {{ {PASS} proxy_read_timeout 1h; }}",
        f"location ^~ /sse {{ {PASS} {LIVE} }} location ~ sse {{ {PASS} proxy_read_timeout 1h; }}",
    ),
    "message-path-unrouted": (f"location = /sse {{ {PASS} {LIVE} }}", exact()),
    "header-inheritance-lost": (
        f"proxy_set_header Host $host; {exact('proxy_set_header X-Real-IP $remote_addr;')}",
        f"proxy_set_header Host $host; {exact('proxy_set_header Host $http_host;')}",
    ),
    "header-dropped": (
        exact('proxy_set_header authorization "";'),
        exact('proxy_set_header Authorization ""; auth_basic x;'),
    ),
    "tls-upstream-mismatch": (
        f"location / {{ proxy_pass https://bot.internal; {LIVE} }}",
        f"location / {{ proxy_pass https://bot.internal; proxy_ssl_server_name on; {LIVE} }}",
    ),
    "cache-replay": (
        exact("proxy_cache one; proxy_ignore_headers Cache-Control;"),
        exact("proxy_cache one;"),
    ),
    "response-filter": (
        f"location / {{ {PASS} proxy_http_version 1.1; js_body_filter a.b; }}",
        exact("js_body_filter a.b;"),
    ),
    "error-page-masks": (
        exact("proxy_intercept_errors on; error_page 404 =200 /index.html;"),
        exact("proxy_intercept_errors on; error_page 404 /index.html;"),
    ),
    "scheme-redirect": (
        "location / { return 301 https://$host$request_uri; }",
        "location / { return 308 https://$host$request_uri; }",
    ),
}
CONFIGS = {
    "reload-cut": (server(LIVE_ROOT, main="worker_shutdown_timeout 10s;"), server(LIVE_ROOT)),
    "no-affinity": (to_bot(""), to_bot("ip_hash;")),
}
CASES = {id_: (server(bad), server(good)) for id_, (bad, good) in LOCATIONS.items()} | CONFIGS


@pytest.mark.parametrize("id_", CASES)
def test_a_config_with_the_fault_has_the_finding_and_one_without_has_not(id_: str) -> None:
    bad, good = (config_findings(resolution(text)) for text in CASES[id_])
    assert [finding.id for finding in bad if finding.id == id_] == [id_], bad
    assert all(finding.where.startswith("nginx.conf:") and finding.text for finding in bad)
    assert id_ not in {finding.id for finding in good}, good


MAPS = """
map $http_mcp_session_id $by_session { '' $remote_addr; default $http_mcp_session_id; }
map $by_session $twice { default $by_session; }
map $loop $loop { default 1; }
"""


@pytest.mark.parametrize(
    ("key", "varies"),
    [
        ("$arg_session_id consistent", True),
        ("$http_mcp_session_id", True),
        ("$cookie_route", True),
        ("$remote_addr$request_uri", True),
        ("${by_session}", True),
        ("$twice", True),
        ("$loop", False),
        ("$binary_remote_addr consistent", False),
        ("$http_x_forwarded_for", False),
    ],
)
def test_a_hash_of_what_the_first_request_lacks_keeps_no_client(key: str, varies: bool) -> None:
    around = MAPS + TWO.replace("METHOD", f"hash {key};")
    text = server(f"location / {{ proxy_pass http://bot; {LIVE} }}", around)
    texts = [item.text for item in config_findings(resolution(text)) if item.id == "no-affinity"]
    assert bool(texts) is varies
    assert all("reach different servers" in text and key.split()[0] in text for text in texts)


def test_a_prefix_that_the_endpoint_event_loses() -> None:
    bare = f"location /mcp/ {{ proxy_pass http://10.0.0.7:12213/; {LIVE} }}"
    static = "location / { root /srv; }"
    findings = config_findings(resolution(server(f"{bare} {static}"), "/mcp/sse"))
    assert [finding.id for finding in findings] == ["endpoint-prefix-lost"]
    assert config_findings(resolution(server(f"{bare} {LIVE_ROOT}"), "/mcp/sse")) == ()


@pytest.mark.parametrize(
    ("location", "path"),
    [("= /sse", "/sse/"), ("/sse/", "/SSE/"), ("~ ^/Sse$", "/sse"), ("~ ^/sse/$", "/sse")],
)
def test_a_location_that_nearly_serves_a_path_that_files_answer(location: str, path: str) -> None:
    text = server(f"location {location} {{ {PASS} {LIVE} }} location / {{ root /srv; }}")
    assert [finding.id for finding in config_findings(resolution(text, path))] == ["location-miss"]


@pytest.mark.parametrize(
    ("intended", "serving"),
    [("/api", "/api/sse"), ("/api", "= /api/sse"), ("~ sse", "= /api/sse"), ("/", "/api/sse")],
)
def test_a_more_specific_serving_location_was_intended(intended: str, serving: str) -> None:
    serves = f"location {serving} {{ {PASS} proxy_read_timeout 1h; }}"
    text = server(f"location {intended} {{ {PASS} {LIVE} }} {serves}")
    ids = {finding.id for finding in config_findings(resolution(text, "/api/sse"))}
    assert "proxy-buffering-hold" in ids
    assert "location-miss" not in ids


def test_a_path_that_only_files_answer_has_no_finding() -> None:
    assert config_findings(resolution(server(f"location /api {{ {PASS} }}"))) == ()


@pytest.mark.parametrize(
    "lines",
    [
        "proxy_set_header Connection '';",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Authorization $http_authorization;",
    ],
)
def test_dropped_headers_that_a_stream_does_not_need_are_no_finding(lines: str) -> None:
    text = server(f"{lines} {exact('proxy_set_header Host $host;')}")
    assert config_findings(resolution(text)) == ()


def test_an_address_needs_no_server_name() -> None:
    text = server(f"location / {{ proxy_pass https://10.0.0.7; {LIVE} }}")
    assert config_findings(resolution(text)) == ()


def findings_of(text: str, path: str = "/sse") -> list[tuple[str, str]]:
    found = config_findings(resolution(text, path, "1.31.3"))
    return [(finding.id, f"{finding.where} {finding.text}") for finding in found]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("add_header X-Accel-Buffering no;", "sends this header to the client, where it does"),
        ('more_set_headers "X-Accel-Buffering: no";', "sends this header to the client"),
        ("proxy_set_header X-Accel-Buffering no;", "sends this header to the backend"),
        ("fastcgi_buffering off;", "does not concern proxy_pass"),
        ("gzip off;", "does not help"), ("postpone_output 0;", "does not help"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_end_the_buffering_is_named(line: str, text: str) -> None:
    body = f"{PASS} proxy_read_timeout 1h; {line}"
    held = findings_of(server(f"location / {{ {body} }}"))
    written = line.strip(";").replace('"', "")
    [found] = [each for id_, each in held if id_ == "proxy-buffering-hold" and written in each]
    assert text in found
    live = findings_of(server(f"location / {{ {body} proxy_buffering off; }}"))
    assert not [each for _, each in live if written in each]


@pytest.mark.parametrize(
    ("elsewhere", "text"),
    [
        (
            f"}} server {{ server_name b; {LIVE_ROOT}",
            "stands in location / of the server b (nginx.conf:1), but ",
        ),
        ("} server { server_name b; proxy_buffering off;", "stands in the server b (nginx.conf:1)"),
        (f"location /other {{ {PASS} {LIVE} }}", "stands in location /other, which"),
    ],
)
def test_buffering_that_is_off_elsewhere_is_named(elsewhere: str, text: str) -> None:
    root = f"location / {{ {PASS} proxy_read_timeout 1h; }}"
    found = [each for _, each in findings_of(server(f"{root} {elsewhere}"))]
    assert [text in each for each in found] == [False, True]


@pytest.mark.parametrize(
    "dead", ["^/sse", "^/sse$", "/sse$", "/(sse|message)", "/.*/?sse.*", "= ^/sse$", "^~ ^/sse"]
)
def test_a_location_that_is_written_like_a_regex_is_named(dead: str) -> None:
    """Nginx takes it as a prefix, which no path begins with."""
    text = server(f'location "{dead}" {{ {PASS} {LIVE} }} location / {{ {PASS} {LIVE} }}')
    text = text.replace('"= ', '= "').replace('"^~ ', '^~ "')
    [(id_, found)] = findings_of(text)
    assert (id_, "written like a regex" in found) == ("location-miss", True)
    assert findings_of(text.replace("sse", "other")) == []


@pytest.mark.parametrize("path", ["/a.b", "/c++", "/x)", "/a$b"])
def test_a_plain_prefix_is_not_taken_for_a_regex(path: str) -> None:
    text = server(f"location '{path}' {{ {PASS} {LIVE} }} location / {{ {PASS} {LIVE} }}")
    assert findings_of(text, path) == []
