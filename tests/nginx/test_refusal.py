"""What Nginx would refuse in a config, and that nothing is called refused which it accepts."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.nginx.test_inspect_cli import inspect, run
from tests.text.test_config_tokens import CONFIGS
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.undecided_config import without_undecided_config
from wizard.investigation.step_results import rate_resolution
from wizard.model.case import Case
from wizard.model.resolution import Request
from wizard.model.target import Target
from wizard.nginx.load import config_from_text
from wizard.nginx.refusal import find_refusal
from wizard.nginx.resolve import resolve_request

HTTP = "events {{}}\nhttp {{\nserver {{ listen 80;\nlocation / {{\n{}\n}} }} }}\n"
NOT_HERE = '"{}" directive is not allowed here'
COUNT = 'invalid number of arguments in "{}" directive'

REFUSED = {
    "proxy_pass in http": ("events {}\nhttp {\nproxy_pass http://a; }", NOT_HERE, "proxy_pass"),
    "listen in a location": (HTTP.format("\nlisten 80;"), NOT_HERE, "listen"),
    "two values": (HTTP.format("proxy_pass http://a http://b;"), COUNT, "proxy_pass"),
    "no value": (HTTP.format("proxy_read_timeout;"), COUNT, "proxy_read_timeout"),
    "a block in place of a value": (HTTP.format("proxy_buffering on {}"), "{}", "proxy_buffering"),
    "neither on nor off": (HTTP.format("proxy_buffering hunter2;"), "{}", "proxy_buffering"),
    "buffering in if": (
        HTTP.format("if ($args) { proxy_buffering off; }"), NOT_HERE, "proxy_buffering"
    ),
    "a part of a config": ("server { location / { listen 80; } }", NOT_HERE, "listen"),
}  # fmt: skip
IN_HTTP = "events {{}}\nhttp {{ server {{ listen 80;\n{}\n}} }}\n"
NESTED = {
    "location /a { location /b { } }": 'location "/b" is outside location "/a"',
    "location ~ ^/a { location = /a { } }": 'location "/a" is outside location "^/a"',
    "location = /a { location ~ b { } }": 'location "b" cannot be inside the exact location "/a"',
    "location @a { location / { } }": 'location "/" cannot be inside the named location "@a"',
    "location / { location @a { } }": 'named location "@a" can be on the server level only',
    "location /a { } location ^~ /a { }": 'duplicate location "/a"',
    "location = /a { } location =/a { }": 'duplicate location "/a"',
    "location ~ a { proxy_pass http://127.0.0.1/b; }": '"proxy_pass" cannot have URI part in',
    "location @a { proxy_pass http://127.0.0.1/; }": '"proxy_pass" cannot have URI part in',
    "location / { if ($args) { proxy_pass http://127.0.0.1/b; } }": '"proxy_pass" cannot have URI',
    "proxy_buffering on; proxy_buffering on;": '"proxy_buffering" directive is duplicate',
    "location / { proxy_pass http://127.0.0.1; proxy_pass http://127.0.0.1; }": (
        '"proxy_pass" directive is duplicate'
    ),
    "client_max_body_size 1; client_max_body_size 1;": '"client_max_body_size" directive is dup',
    "tcp_nodelay on; tcp_nodelay on;": '"tcp_nodelay" directive is duplicate',
    "uwsgi_buffers 8 8k; uwsgi_buffers 8 8k;": '"uwsgi_buffers" directive is duplicate',
    "grpc_read_timeout 1; grpc_read_timeout 1;": '"grpc_read_timeout" directive is duplicate',
    "proxy_cache off; proxy_cache off;": '"proxy_cache" directive is duplicate',
    "proxy_http_version 1.1; proxy_http_version 1.1;": '"proxy_http_version" directive is dup',
    "proxy_ssl_server_name on; proxy_ssl_server_name on;": '"proxy_ssl_server_name" directive is',
}
"""What a server holds, and the reason in Nginx's words."""
NOT_REFUSED = {
    "two patterns of one name": "location ~ a { } location ~ a { } location = /a { }",
    "a pattern in a path, and in a pattern": "location /a { location ~ b { location ~ c { } } }",
    "a path in a path of the same name": "location /a { location /a { } location = /a { } }",
    "a URI in an if of a server": "location /b { if ($args) { proxy_pass http://127.0.0.1; } }",
    "a URI with variables in a pattern": (
        "set $b 127.0.0.1; location ~ a { proxy_pass http://$b/c; proxy_set_header A b; "
        "proxy_set_header A b; }"
    ),
}
ACCEPTED = {
    "directives of others": HTTP.format("proxy_buferring off; more_set_headers; x { listen 80; }"),
    "a part without a server": "proxy_pass http://a;",
    "a server of a stream": "server { listen 1; proxy_pass a:1; }",
    "data": "events {}\nhttp { map $uri $x { listen server; location 1; } types { a/b gzip; } }",
    "keepalive with a name": "events {}\nhttp { upstream a { server b; keepalive 2 local; } }",
    "a stream block": "events {}\nhttp {}\nstream { server { listen 1; proxy_pass a:1; } }",
    "Angie's locations": "events {}\nhttp { server { location =/a =/b =/c { } } }",
    "njs": HTTP.format("js_content main.hello; js_path /x; auth_jwt a b c;"),
}


@pytest.mark.parametrize(("text", "words", "name"), REFUSED.values(), ids=REFUSED.keys())
def test_a_config_that_breaks_the_table_is_refused(text: str, words: str, name: str) -> None:
    refusal = find_refusal(config_from_text(text, "nginx.conf"))
    assert refusal is not None
    assert words.format(name) in refusal.reason
    assert str(refusal).startswith(f"nginx.conf:{_line_of(text, name)}: ")
    assert "hunter2" not in refusal.reason


def _line_of(text: str, name: str) -> int:
    return text[: text.rindex(name)].count("\n") + 1


@pytest.mark.parametrize(("lines", "reason"), NESTED.items())
def test_what_a_block_may_not_hold_is_refused(lines: str, reason: str) -> None:
    refusal = find_refusal(config_from_text(IN_HTTP.format(lines), "nginx.conf"))
    assert refusal is not None
    assert refusal.reason.startswith(reason)
    assert str(refusal).startswith("nginx.conf:3: ")


@pytest.mark.parametrize("lines", NOT_REFUSED.values(), ids=NOT_REFUSED.keys())
def test_what_a_block_may_hold_is_not_refused(lines: str) -> None:
    assert find_refusal(config_from_text(IN_HTTP.format(lines), "nginx.conf")) is None


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_not_sure_is_not_refused(text: str) -> None:
    assert find_refusal(config_from_text(text, "nginx.conf")) is None


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS.keys())
def test_configs_that_run_are_not_refused(text: str) -> None:
    assert find_refusal(config_from_text(text, "nginx.conf")) is None


REFUSED_HELD = HTTP.format("proxy_pass http://127.0.0.1:9;\nproxy_read_timeout 60s 70s;")


def test_inspect_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(REFUSED_HELD)

    first, *others = inspect(capsys, "--conf", str(path), "--path", "/sse")["findings"]
    assert run("--conf", str(path), "--path", "/sse") == 0
    text = " ".join(capsys.readouterr().out.split())

    assert (first["id"], first["where"]) == ("refused", f"{path}:6")
    assert "refused" not in ids(others)
    assert "Nginx refuses this config: invalid number of arguments" in text


def ids(findings: Iterable[dict[str, str]]) -> list[str]:
    return [finding["id"] for finding in findings]


def test_no_conclusion_rests_on_a_refused_config() -> None:
    resolution = resolve_request(config_from_text(REFUSED_HELD, "nginx.conf"), Request("/sse"))
    case = Case(Target("http://a.test/sse"), resolution=resolution)

    state, why = rate_resolution(resolution)
    notes = diagnose(case).notes

    assert without_undecided_config(case).resolution is None
    assert (state, why.partition(" (")[0]) == ("warn", "Nginx refuses this config")
    assert [note for note in notes if "Nginx refuses this config (nginx.conf:6: " in note]
