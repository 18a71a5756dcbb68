"""curl: its options, and what its versions print."""

import pytest

from wizard.vantage.http.curl import explain_exit, make_config, read_progress
from wizard.vantage.http.request import Notice, RemoteRequest, ToolFailure

REQUEST = RemoteRequest("https://h/sse")
LINES = {
    "*   Trying 127.0.0.1:8080...": [("resolved", "127.0.0.1")],
    "*   Trying [::1]:8080...": [("resolved", "::1")],
    "*   Trying 10.0.0.1...": [("resolved", "10.0.0.1")],
    "* Connected to h (10.0.0.1) port 80 (#0)": [("resolved", "10.0.0.1"), ("connected", "")],
    "* Connected to h (::1) port 80": [("resolved", "::1"), ("connected", "")],
    "* Established connection to h (10.0.0.1 port 80) from 10.0.0.2 port 4": [
        ("resolved", "10.0.0.1"),
        ("connected", ""),
    ],
    "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384": [("secured", "")],
    "* ALPN: server accepted h2": [("secured", "")],
    "> GET / HTTP/1.1": [],
    "< x: * Connected to h (10.0.0.1) port 80": [],
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_curl_gives_notices(line: str) -> None:
    notices: list[tuple[Notice, str]] = []
    read_progress(line, lambda notice, text: notices.append((notice, text)))
    assert notices == LINES[line]


@pytest.mark.parametrize(
    ("code", "stderr", "is_connected", "reason"),
    [
        (0, "", True, None),
        (18, "curl: (18) transfer closed with 3 bytes remaining to read", True, "reset"),
        (6, "curl: (6) Could not resolve host: h", False, "dns"),
        (7, "* connect to 10.0.0.1 port 80 failed: Connection refused", False, "refused"),
        (28, "curl: (28) Connection timed out after 2001 milliseconds", False, "timeout"),
        (28, "curl: (28) SSL connection timeout", True, "timeout"),
        (28, "curl: (28) Operation timed out after 7200000 milliseconds", True, "open"),
        (35, "curl: (35) OpenSSL: wrong version number", True, "tls"),
        (60, "curl: (60) SSL certificate problem: self-signed certificate", True, "tls"),
        (52, "curl: (52) Empty reply from server", True, "reset"),
        (56, "curl: (56) Recv failure: Connection reset by peer", True, "reset"),
        (92, "curl: (92) HTTP/2 stream 1 was not closed cleanly", True, "reset"),
        (1, "curl: (1) Received HTTP/0.9 when not allowed", True, "reset"),
        (1, 'curl: (1) Protocol "https" not supported or disabled', False, "unreached"),
        (2, "curl: option --connect-to: is unknown", False, "unreached"),
        (127, "sh: curl: not found", False, "unreached"),
        (27, "curl: (27) Out of memory", True, "reset"),
    ],
)
def test_the_exit_status_gives_the_reason(
    code: int, stderr: str, is_connected: bool, reason: str | None
) -> None:
    failure = explain_exit(code, stderr, REQUEST, is_connected)
    assert (failure.reason if failure else None) == reason
    assert failure is None or failure.detail


def test_a_reset_has_the_message_of_a_local_probe() -> None:
    stderr = "curl: (56) Recv failure: Connection reset by peer"
    assert explain_exit(56, stderr, REQUEST, True) == ToolFailure(
        "reset", "Connection reset by peer"
    )


def test_values_in_the_config_are_quoted() -> None:
    headers = (("X-A", 'say "\\"'), ("X-Empty", ""))
    lines = make_config(RemoteRequest("http://h/", "POST", headers, b"a\nb")).decode().split("\n")
    assert 'header = "X-A: say \\"\\\\\\""' in lines
    assert 'header = "X-Empty;"' in lines
    assert 'data-raw = "a\\nb"' in lines
    assert 'header = "Content-Type:"' in lines


def test_http_2_and_connect_to() -> None:
    plain = make_config(RemoteRequest("http://h/", version="2", connect_to=("::1", 81))).decode()
    assert "\nhttp2-prior-knowledge\n" in plain
    assert 'connect-to = "::[::1]:81"' in plain
    secure = make_config(RemoteRequest("https://h/", version="2", insecure=True)).decode()
    assert "\nhttp2\n" in secure
    assert secure.endswith("\ninsecure")
