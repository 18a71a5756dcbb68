"""What `inspect` warns of: each finding on a config that invites it, none on its neighbour."""

import pytest

from tests.nginx.texts import resolution
from wizard.diagnose.diagnose import config_findings

PASS = "proxy_pass http://10.0.0.7:12213;"
CALM = "proxy_buffering off; proxy_read_timeout 1h;"
REST = f"location / {{ {PASS} {CALM} }}"
TWO = "upstream bot { server 10.0.0.7:1; server 10.0.0.8:1; METHOD }"


def server(text: str, http: str = "", main: str = "") -> str:
    return f"{main} http {{ {http} server {{ {text} }} }}"


def exact(*more: str) -> str:
    return f"location = /sse {{ {PASS} {CALM} {' '.join(more)} }} {REST}"


def to_bot(method: str) -> str:
    return server(f"location / {{ proxy_pass http://bot; {CALM} }}", TWO.replace("METHOD", method))


INVITING = {
    "proxy-buffering-hold": (f"location / {{ {PASS} proxy_read_timeout 1h; }}", REST),
    "idle-read-timeout": (f"location / {{ {PASS} proxy_buffering off; }}", REST),
    "limits": (exact("limit_conn one 1;"), exact()),
    "location-miss": (
        f"location /sse {{ {PASS} {CALM} }} location ~ sse {{ {PASS} proxy_read_timeout 1h; }}",
        f"location ^~ /sse {{ {PASS} {CALM} }} location ~ sse {{ {PASS} proxy_read_timeout 1h; }}",
    ),
    "message-path-unrouted": (f"location = /sse {{ {PASS} {CALM} }}", exact()),
    "header-inheritance-lost": (
        f"proxy_set_header Host $host; {exact('proxy_set_header X-Real-IP $remote_addr;')}",
        f"proxy_set_header Host $host; {exact('proxy_set_header Host $http_host;')}",
    ),
    "tls-upstream-mismatch": (
        f"location / {{ proxy_pass https://bot.internal; {CALM} }}",
        f"location / {{ proxy_pass https://bot.internal; proxy_ssl_server_name on; {CALM} }}",
    ),
    "cache-replay": (
        exact("proxy_cache one; proxy_ignore_headers Cache-Control;"),
        exact("proxy_cache one;"),
    ),
}
WHOLE = {
    "reload-cut": (server(REST, main="worker_shutdown_timeout 10s;"), server(REST)),
    "no-affinity": (to_bot(""), to_bot("ip_hash;")),
}
BOTH = {id_: (server(bad), server(good)) for id_, (bad, good) in INVITING.items()} | WHOLE


@pytest.mark.parametrize("id_", BOTH)
def test_the_config_that_invites_it_and_its_neighbour(id_: str) -> None:
    bad, good = (config_findings(resolution(text)) for text in BOTH[id_])
    assert [one.id for one in bad if one.id == id_] == [id_], bad
    assert all(one.where.startswith("nginx.conf:") and one.text for one in bad)
    assert id_ not in {one.id for one in good}, good


def test_a_prefix_that_the_backend_does_not_know() -> None:
    bare = f"location /mcp/ {{ proxy_pass http://10.0.0.7:12213/; {CALM} }}"
    static = "location / { root /srv; }"
    found = config_findings(resolution(server(f"{bare} {static}"), "/mcp/sse"))
    assert [one.id for one in found] == ["endpoint-prefix-lost"]
    assert config_findings(resolution(server(f"{bare} {REST}"), "/mcp/sse")) == ()


@pytest.mark.parametrize(
    ("location", "path"),
    [("= /sse", "/sse/"), ("/sse/", "/SSE/"), ("~ ^/Sse$", "/sse"), ("~ ^/sse/$", "/sse")],
)
def test_a_location_that_nearly_serves_what_files_answer(location: str, path: str) -> None:
    text = server(f"location {location} {{ {PASS} {CALM} }} location / {{ root /srv; }}")
    assert [one.id for one in config_findings(resolution(text, path))] == ["location-miss"]


@pytest.mark.parametrize(
    ("meant", "serving"),
    [("/api", "/api/sse"), ("/api", "= /api/sse"), ("~ sse", "= /api/sse"), ("/", "/api/sse")],
)
def test_who_is_plainly_the_more_special_one_was_meant(meant: str, serving: str) -> None:
    serves = f"location {serving} {{ {PASS} proxy_read_timeout 1h; }}"
    text = server(f"location {meant} {{ {PASS} {CALM} }} {serves}")
    found = {one.id for one in config_findings(resolution(text, "/api/sse"))}
    assert "proxy-buffering-hold" in found
    assert "location-miss" not in found


def test_files_alone_are_no_finding() -> None:
    assert config_findings(resolution(server(f"location /api {{ {PASS} }}"))) == ()


@pytest.mark.parametrize(
    "lines",
    [
        "proxy_set_header Connection '';",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Authorization $http_authorization;",
    ],
)
def test_what_a_stream_does_not_miss_is_no_loss(lines: str) -> None:
    text = server(f"{lines} {exact('proxy_set_header Host $host;')}")
    assert config_findings(resolution(text)) == ()


def test_no_name_is_sent_for_an_address() -> None:
    text = server(f"location / {{ proxy_pass https://10.0.0.7; {CALM} }}")
    assert config_findings(resolution(text)) == ()
