"""The backend's request as text, as JSON and as differences, with secrets masked."""

import json

from tests.nginx.resolving import resolution
from wizard.nginx.as_sent import as_sent
from wizard.report.as_sent import (
    BackendRequest,
    as_sent_json,
    as_sent_text,
    request_changes,
)

CONF = """\
http { server { listen 80; server_name mcp.test;
location / { proxy_pass http://be:81/v1/;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Token-Copy "copy of $http_authorization";
proxy_set_header X-Api-Key literal-secret;
proxy_set_header Accept-Language '';
} } }
"""
CLIENT = (
    ("Host", "mcp.test"), ("Authorization", "Bearer client-secret"), ("Accept-Language", "de"),
    ("Cookie", "sid=cookie-secret"), ("Accept", "text/event-stream"), ("Accept_X", "1"),
)  # fmt: skip


def request(conf: str = CONF) -> BackendRequest:
    asked = resolution(conf, "/sse?token=url-secret", "1.22.1", host="mcp.test")
    return BackendRequest(as_sent(asked, CLIENT), CLIENT)


def test_no_credential_is_shown_in_any_form() -> None:
    asked = request()
    assert asked.sent is not None
    changes = request_changes(asked.sent, ("GET", "/sse?token=url-secret", "1.1"), CLIENT)
    shown = as_sent_text(asked) + json.dumps(as_sent_json(asked)) + repr(changes)
    assert "-secret" not in shown
    assert "X-Token-Copy: [redacted-2]" in shown
    assert "Authorization: [redacted-4]" in shown


def test_the_text_names_what_decides_each_line() -> None:
    text = as_sent_text(request())
    assert "  X-Real-IP: $remote_addr (not decided)        nginx.conf:3\n" in text
    assert "  Host: be:81                                  Nginx by default\n" in text
    assert "  Accept: text/event-stream                    the client's\n" in text
    assert "nginx.conf:2; HTTP/1.0: Nginx by default\n" in text
    assert "Not passed on\n  accept-language                              nginx.conf:6\n" in text


def test_the_json_has_the_documented_form() -> None:
    data = as_sent_json(request())
    assert data is not None
    assert set(data) == {
        "method", "uri", "uri_where", "http", "http_where", "headers", "has_body", "dropped",
        "doubts",
    }  # fmt: skip
    assert data["headers"][0] == {
        "name": "X-Real-IP", "value": None, "written": "$remote_addr", "set_by": "config",
        "where": "nginx.conf:3",
    }  # fmt: skip
    assert {"name": "accept_x", "where": None} in data["dropped"]
    assert [each["set_by"] for each in data["headers"]][3:] == ["nginx", "nginx"] + ["client"] * 3


def test_the_differences_are_added_dropped_and_changed_lines() -> None:
    sent = request().sent
    assert sent is not None
    changes = request_changes(sent, ("GET", "/sse?token=url-secret", "1.1"), CLIENT)
    assert [f"{each.sign} {each.text} | {each.origin}" for each in changes] == [
        "~ /sse?token=[redacted-1] → /v1/sse?token=[redacted-1] | nginx.conf:2",
        "~ HTTP/1.1 → HTTP/1.0 | Nginx by default",
        "+ X-Real-IP: $remote_addr (not decided) | nginx.conf:3",
        "+ X-Token-Copy: [redacted-2] | nginx.conf:4",
        "+ X-Api-Key: [redacted-3] | nginx.conf:5",
        "~ Host: mcp.test → be:81 | Nginx by default",
        "+ Connection: close | Nginx by default",
        "- Accept-Language: de | nginx.conf:6",
        "- Accept_X: [redacted-6] | Nginx by default",
    ]


def test_a_request_that_is_passed_on_as_it_is_has_no_differences() -> None:
    conf = (
        "server { listen 80; location / { proxy_pass http://be; proxy_http_version 1.1;"
        " proxy_set_header Host $http_host; proxy_set_header Connection $http_connection; } }"
    )
    asked = resolution(conf, "/sse", "1.31.3", host="mcp.test")
    sent = as_sent(asked, CLIENT[:2])
    assert sent is not None
    assert request_changes(sent, ("GET", "/sse", "1.1"), CLIENT[:2]) == []
