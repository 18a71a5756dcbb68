"""The request that the backend gets, by the config alone."""

import pytest

from tests.nginx.resolving import resolution
from wizard.model.sent_request import SentRequest
from wizard.nginx.as_sent import as_sent
from wizard.nginx.not_as_sent import why_not_as_sent

OLD, NEW = "1.22.1", "1.31.3"
CLIENT = (("Accept", "text/event-stream"), ("Connection", "keep-alive"), ("X_Token", "t"))


def sent(
    lines: str,
    headers: tuple[tuple[str, str], ...] = CLIENT,
    version: str | None = OLD,
    path: str = "/sse?a=1",
) -> SentRequest:
    """What the backend gets of a GET for this path, through a server with these lines."""
    text = f"http {{ server {{ listen 80; server_name mcp.test;\n{lines}\n}} }}"
    request = as_sent(resolution(text, path, version, host="mcp.test"), headers)
    assert request is not None
    return request


def lines_of(request: SentRequest) -> list[str]:
    """The header lines, an undecided value as `?`."""
    return [f"{each.name}: {'?' if each.value is None else each.value}" for each in request.headers]


@pytest.mark.parametrize(
    ("version", "http", "lines"),
    [
        (OLD, "1.0", ["Host: be:81", "Connection: close", "Accept: text/event-stream"]),
        ("1.29.4", "1.0", ["Host: be:81", "Connection: close", "Accept: text/event-stream"]),
        (NEW, "1.1", ["Host: be:81", "Accept: text/event-stream"]),
    ],
)
def test_the_defaults_are_those_of_the_version(version: str, http: str, lines: list[str]) -> None:
    request = sent("location / { proxy_pass http://be:81; }", version=version)
    assert (request.method, request.uri, request.http) == ("GET", "/sse?a=1", http)
    assert lines_of(request) == lines
    assert dict(request.dropped).keys() >= {"x_token"}


def test_inner_lines_replace_all_outer_ones_and_carry_their_place() -> None:
    request = sent(
        "proxy_set_header Host $host;\n"
        "location / { proxy_pass http://be:81;\nproxy_set_header Connection '';\n"
        "proxy_set_header X-Real-IP $remote_addr; }"
    )
    assert lines_of(request) == ["X-Real-IP: ?", "Host: be:81", "Accept: text/event-stream"]
    real_ip = request.header("x-real-ip")
    assert real_ip is not None
    assert real_ip.where is not None
    assert (real_ip.written, real_ip.where.line) == ("$remote_addr", 5)
    places = {name: where and where.line for name, where in request.dropped}
    assert places == {"connection": 4, "x_token": None}


def test_the_client_decides_maps_and_variables_of_its_headers() -> None:
    lines = (
        "set $token $http_authorization;\n"
        "location / { proxy_pass http://be; proxy_set_header X-Token $token;"
        " proxy_set_header X-None $http_x_none; proxy_set_header X-Two $http_x_two; }"
    )
    headers = (("Authorization", "Bearer a"), ("X-Two", "1"), ("x-two", "2"))
    old, new = sent(lines, headers), sent(lines, headers, NEW)
    assert lines_of(old)[:3] == ["X-Token: Bearer a", "X-Two: 1", "Host: be"]
    assert lines_of(new)[:3] == ["X-Token: Bearer a", "X-Two: 1, 2", "Host: be"]
    assert lines_of(sent(lines, headers, None))[1] == "X-Two: ?"


def test_request_headers_are_kept_back_and_the_line_is_named() -> None:
    request = sent("location / { proxy_pass http://be;\nproxy_pass_request_headers off; }")
    assert lines_of(request) == ["Host: be", "Connection: close"]
    assert ("accept", 3) in [(name, where and where.line) for name, where in request.dropped]


@pytest.mark.parametrize(
    ("lines", "uri", "line"),
    [
        ("location /sse {\nproxy_pass http://be/; }", "/?a=1", 3),
        ("location / {\nrewrite ^/sse /x$uri? break;\nproxy_pass http://be; }", "/x/sse", 3),
        ("location / {\nset $args $args&b=2;\nproxy_pass http://be; }", "/sse?a=1&b=2", 3),
        ("location / { set $u /x;\nproxy_pass http://be$u; }", "/x", 3),
        ("location / { set $b be;\nproxy_pass http://$b?c=1; }", "/?c=1", 3),
        (
            "location / {\nrewrite ^ $http_x_y/$remote_addr? break;\nproxy_pass http://be; }",
            None,
            3,
        ),
        ("location / { rewrite ^ /$request_id;\nproxy_pass http://b$request_uri; }", "/sse?a=1", 3),
        ("location / { rewrite ^ /$request_id;\nproxy_pass http://be$uri; }", None, 3),
        ("location / { set $args $request_id;\nproxy_pass http://be/; }", None, 3),
    ],
)
def test_the_uri_and_the_line_that_decides_it(lines: str, uri: str | None, line: int) -> None:
    request = sent(lines)
    assert request.uri == uri
    assert request.uri_where is not None
    assert request.uri_where.line == line


def test_the_default_server_reads_the_lines_before_the_host() -> None:
    text = (
        "http { server { listen 80; underscores_in_headers on; }"
        " server { listen 80; server_name mcp.test; location / { proxy_pass http://be; } } }"
    )
    asked = resolution(text, version=OLD, host="mcp.test")
    request = as_sent(asked, (("A_b", "1"), ("Host", "mcp.test"), ("C_d", "2")))
    assert request is not None
    assert lines_of(request) == ["Host: be", "Connection: close", "A_b: 1"]


@pytest.mark.parametrize("directive", ["grpc_pass grpc://be", "fastcgi_pass be:9000", "return 204"])
def test_other_protocols_and_answers_have_no_such_request(directive: str) -> None:
    asked = resolution(f"server {{ listen 80; location / {{ {directive}; }} }}", host="mcp.test")
    assert as_sent(asked, CLIENT) is None
    assert why_not_as_sent(asked)


def test_a_request_that_its_headers_let_nginx_answer_is_not_passed_on() -> None:
    lines = "location / { if ($http_authorization = '') { return 401; } proxy_pass http://be; }"
    asked = resolution(f"server {{ listen 80; {lines} }}", host="mcp.test")
    assert as_sent(asked, CLIENT) is None
    assert "with these headers" in why_not_as_sent(asked)
    assert as_sent(asked, (("Authorization", "Bearer a"),)) is not None


def test_a_map_keeps_its_value_unless_it_is_volatile() -> None:
    maps = "map $uri $kept { default $uri; } map $uri $new { volatile; default $uri; }"
    ifs = "if ($kept = x) { break; } if ($new = x) { break; } rewrite ^ /w break;"
    headers = "proxy_set_header X-Kept $kept; proxy_set_header X-New $new;"
    location = f"location / {{ {ifs} {headers} proxy_pass http://be; }}"
    text = f"http {{ {maps} server {{ listen 80; {location} }} }}"
    request = as_sent(resolution(text, version=OLD, host="mcp.test"), CLIENT)
    assert request is not None
    assert lines_of(request)[:2] == ["X-Kept: /sse", "X-New: /w"]


@pytest.mark.parametrize("option", ["", "volatile;"])
def test_maps_that_lead_to_each_other_end(option: str) -> None:
    names = [f"$m{number}" for number in range(12)]
    maps = [
        f'map $host {name} {{ {option} default "{"".join(set(names) - {name})}"; }}'
        for name in names
    ]
    server = "server { listen 80; location / { proxy_set_header A $m0; proxy_pass http://be; } }"
    asked = resolution(f"http {{ {' '.join(maps)} {server} }}", version=OLD, host="mcp.test")
    request = as_sent(asked, CLIENT)
    assert request is not None
    assert request.headers[0].value is None
