"""Whether the query of a message reaches the backend: the rule compared with a real Nginx."""

import pytest

from tests.nginx_real.test_server_and_location import in_frame, request_of, running
from tests.recommend.real_nginx import RequestSpec, answer, backend
from wizard.diagnose.facts.posts import drops_query
from wizard.lab.nginx_process import free_ports
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request

pytestmark = pytest.mark.nginx

SET = "set $to $BACKEND;"
KEPT = {
    "plain": "proxy_pass http://$BACKEND;",
    "named": "proxy_pass http://$BACKEND/message;",
    "address": f"{SET} proxy_pass http://$to;",
    "request": f"{SET} proxy_pass http://$to$request_uri;",
    "args": f"{SET} proxy_pass http://$to/message$is_args$args;",
    "braces": f"{SET} proxy_pass http://${{to}}/message?${{query_string}};",
    "one": f"{SET} proxy_pass http://$to/message?sessionId=$arg_sessionId;",
    "set": f"{SET} set $all $uri?$args; proxy_pass http://$to$all;",
    "rewritten": "rewrite ^ /message break; proxy_pass http://$BACKEND;",
}
DROPPED = {
    "fixed": f"{SET} proxy_pass http://$to/message;",
    "uri": f"{SET} proxy_pass http://$to$uri;",
    "document": f"{SET} proxy_pass http://${{to}}${{document_uri}};",
    "literal": "proxy_pass http://$BACKEND$uri;",
    "emptied": "rewrite ^ /message? break; proxy_pass http://$BACKEND;",
}
PATTERNS = {"number": "$1", "word": "$word"}


def _locations() -> str:
    plain = [f"location /{name} {{ {text} }}" for name, text in (KEPT | DROPPED).items()]
    by_pattern = [
        f"location ~ ^/{name}/(?<word>.*)$ {{ {SET} proxy_pass http://$to/{part}; }}"
        for name, part in PATTERNS.items()
    ]
    return "\n".join((*plain, *by_pattern, ""))


def test_the_query_is_dropped_where_the_rule_finds_it(nginx: str) -> None:
    paths = [f"/{name}/message?sessionId=s1" for name in (*KEPT, *DROPPED, *PATTERNS)]
    with backend() as backend_port:
        [port] = free_ports(1)
        with running(
            nginx, in_frame(_locations(), port, f"127.0.0.1:{backend_port}"), [port]
        ) as conf:
            config = read_config(str(conf))
            failing = {path: _is_query_dropped(port, path) for path in paths}
    resolutions = {
        path: resolve_request(config, request_of(port, "a.test", path)) for path in paths
    }
    assert {path: drops_query(resolution) for path, resolution in resolutions.items()} == failing
    assert sum(failing.values()) == len(DROPPED) + len(PATTERNS)


def _is_query_dropped(port: int, path: str) -> bool:
    _, body, _ = answer(port, RequestSpec(path, method="POST"))
    assert isinstance(body, dict), body
    return "sessionId=s1" not in body["uri"]
