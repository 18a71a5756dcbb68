"""The `curl` command: quoted for a shell, without secrets, and valid."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.model.curl_command import parse_curl
from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.probe.curl import SHOWN_BODY_CHARS, curl_command, shown_body

URL = "http://h/sse?a=b&c=d"


def words(probe: Probe, target: Target | None = None, wait: float = 10.0) -> list[str]:
    return shlex.split(curl_command(probe, target or Target(probe.url), wait))


def test_the_command_of_a_stream() -> None:
    argv = words(Probe("sse-proxy", URL))
    assert argv == ["curl", "-sN", "-m", "10", "-D", "-", "--http1.1", URL]


def test_http_version_and_encoding_of_the_probe() -> None:
    argv = words(Probe("sse-proxy", "https://h/sse", "2", "gzip"), Target(URL, insecure=True))
    assert "--http2" in argv
    assert argv[argv.index("-H") + 1] == "Accept-Encoding: gzip"
    assert {"--compressed", "-k"} <= set(argv)


def test_the_command_of_the_root_shows_only_status_and_time() -> None:
    argv = words(Probe("root-proxy", "http://h/"))
    assert argv[argv.index("-o") + 1] == "/dev/null"
    assert "%{http_code}" in argv[argv.index("-w") + 1]


def test_the_command_of_a_websocket() -> None:
    target = Target(URL, headers=(("sec-websocket-version", "[redacted-1]"),), upgrade=True)
    command = curl_command(Probe("sse-proxy", URL, upgrade=True), target, 10)
    argv = shlex.split(command)
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "-H"] == [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version: [redacted-1]",
    ]
    assert "--http1.1" in argv


def test_secrets_are_masked() -> None:
    target = Target(
        URL, headers=(("Authorization", "Bearer hunter2"), ("X-Own", "hunter2"), ("Origin", "it's"))
    )
    command = curl_command(Probe("sse-proxy", "http://h/sse?sessionId=hunter2"), target, 10)
    assert "hunter2" not in command
    assert "Origin: it's" in shlex.split(command)
    assert "-g" in command.split()


BODY = b'{"api_key": "hunter2",\n  "stream": true}'
POST = Target(URL, method="POST", body=BODY, headers=(("Content-Type", "application/json"),))


def test_the_body_is_shown_without_its_secrets() -> None:
    argv = words(Probe("sse-proxy", URL), POST)
    assert argv[argv.index("--data-raw") + 1] == '{"api_key": "[redacted-1]", "stream": true}'
    assert "Content-Type: application/json" in argv
    assert "-X" not in argv  # curl posts a body


def test_the_root_is_asked_for_without_the_body() -> None:
    argv = words(Probe("root-proxy", "http://h/"), POST)
    assert not {"--data-raw", "-X", "Content-Type: application/json"} & set(argv)


@pytest.mark.parametrize(("method", "body"), [("PUT", b"x"), ("POST", b""), ("GET", b"x")])
def test_the_method_is_named_where_curl_would_use_another(method: str, body: bytes) -> None:
    argv = words(Probe("sse-proxy", URL), replace(POST, method=method, body=body))
    assert argv[argv.index("-X") + 1] == method


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"\x89PNG", "[4 bytes]"),
        (b"a\0b", "[3 bytes]"),
        (b"a=1&password=hunter2&b=2", "a=1&password=[redacted-1]&b=2"),
        (b"a\nb\x1b[2J", "a\\nb\\e[2J"),
        ("é".encode(), "é"),
        (b"[redacted-3]", "[redacted-3]"),
    ],
)
def test_a_body_is_shown_in_one_line(body: bytes, shown: str) -> None:
    assert shown_body(body) == shown


def test_of_a_long_body_only_the_beginning_is_shown() -> None:
    for letter in ("x", "é"):
        text = f"x{letter * 5_000_000}"
        assert shown_body(text.encode()).startswith(f"x{letter * 900}")
        assert len(shown_body(text.encode())) < SHOWN_BODY_CHARS + 50


def test_a_websocket_is_asked_for() -> None:
    argv = words(Probe("sse-proxy", URL, upgrade=True))
    assert {"Connection: Upgrade", "Upgrade: websocket"} <= set(argv)
    assert any(word.startswith("Sec-WebSocket-Key: ") for word in argv)


@given(st.text(max_size=200))
def test_a_body_that_is_shown_is_read_back_from_the_command(text: str) -> None:
    probe, target = Probe("sse-proxy", URL), replace(POST, body=text.encode() or b"x")
    request = parse_curl(curl_command(probe, target, 10))
    assert request.url == URL
    assert request.body == shown_body(target.body).encode()


def test_a_short_wait_is_not_no_limit() -> None:
    argv = words(Probe("sse-proxy", URL), wait=0.3)
    assert argv[argv.index("-m") + 1] == "1"


def test_connect_to_an_address() -> None:
    for address, expected in (("h2", "::h2:8443"), ("::1", "::[::1]:8443")):
        argv = words(Probe("sse-proxy", URL), Target(URL, connect_to=(address, 8443)))
        assert argv[argv.index("--connect-to") + 1] == expected


def test_connect_to_applies_to_the_public_url_only() -> None:
    target = Target(URL, connect_to=("192.0.2.1", 443))
    assert "--connect-to" in words(Probe("sse-proxy", URL), target)
    assert "--connect-to" not in words(Probe("sse-direct", "http://b/sse"), target)
    assert "--connect-to" not in words(Probe("sse-hop", "http://b/sse", hop="edge"), target)


def test_a_unix_socket() -> None:
    argv = words(Probe("sse-direct", "unix:/run/app.sock:/sse?a=b"), Target(URL))
    assert argv[argv.index("--unix-socket") + 1] == "/run/app.sock"
    assert argv[-1] == "http://localhost/sse?a=b"
