"""The `curl` command: quoted for a shell, without secrets, and valid."""

import shlex

from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.probe.curl import curl_command

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
    target = Target(URL, headers=(("sec-websocket-version", "[redacted]"),), upgrade=True)
    command = curl_command(Probe("sse-proxy", URL, upgrade=True), target, 10)
    argv = shlex.split(command)
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "-H"] == [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version: [redacted]",
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


def test_a_short_wait_is_not_no_limit() -> None:
    argv = words(Probe("sse-proxy", URL), wait=0.3)
    assert argv[argv.index("-m") + 1] == "1"


def test_connect_to_an_address() -> None:
    for given, expected in (("h2", "::h2:8443"), ("::1", "::[::1]:8443")):
        argv = words(Probe("sse-proxy", URL), Target(URL, connect_to=(given, 8443)))
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
