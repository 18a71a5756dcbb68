"""Redaction: no credential is shown, and nothing else is changed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.text import redaction
from wizard.text.display import safe
from wizard.text.redaction import redact, redact_command, redact_header

SECRET = "Hunter2x9Zq"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJIdW50ZXIyeDlacSJ9.c2lnbmF0dXJl"
LEAKS = {
    "authorization": f"Authorization: Bearer {SECRET}",
    "authorization-basic": f"authorization: Basic {SECRET}==",
    "authorization-digest": f'Authorization: Digest username="bob", response="{SECRET}"',
    "authorization-own-scheme": f"Authorization: ApiKey a b {SECRET}",
    "proxy-authorization": f"Proxy-Authorization: Basic {SECRET}",
    "quoted-for-a-shell": f"curl -H 'Authorization: Token {SECRET}' http://h/",
    "double-quoted": f'curl -H "Cookie: a=\\"1\\"; b={SECRET}" http://h/',
    "cookie": f"Cookie: a=1; b={SECRET}",
    "set-cookie": f"Set-Cookie: theme={SECRET}; Path=/",
    "api-key": f"X-Api-Key: {SECRET}",
    "vendor-token": f"X-Vault-Token: {SECRET}",
    "mcp-session": f"Mcp-Session-Id: {SECRET}",
    "bare-bearer": f"upstream said Bearer {SECRET} is wrong",
    "bare-basic": f"sent Basic {SECRET}==",
    "sessionId": f"GET /message?sessionId={SECRET} HTTP/1.1",
    "session_id": f"/message?a=1&session_id={SECRET}&b=2",
    "session-id": f"/message?session-id={SECRET}",
    "access_token": f"/sse?access_token={SECRET}",
    "accessToken": f"/sse?accessToken={SECRET}",
    "key-in-a-query": f"/sse?key={SECRET}",
    "code-in-a-query": f"/cb?state=1&code={SECRET}",
    "aws": f"/x?X-Amz-Signature={SECRET}&X-Amz-Date=1",
    "servlet": f"/x;jsessionid={SECRET}?a=1",
    "php": f"PHPSESSID={SECRET}; theme=dark",
    "asp": f"ASP.NET_SessionId={SECRET}",
    "quoted-value": f'token="{SECRET} and blanks"',
    "quoted-value-cut": f'token="{SECRET} and bl',
    "encoded-in-a-parameter": f"/login?next=%2Fsse%3FsessionId%3D{SECRET}%26a%3D1",
    "encoded-code": f"/login?next=%2Fcb%3Fcode%3D{SECRET}",
    "json": f'{{"access_token": "{SECRET}", "n": 1}}',
    "json-header": f'{{"http_cookie":"theme={SECRET}"}}',
    "json-in-a-string": f'{{"body":"{{\\"password\\":\\"{SECRET}\\"}}"}}',
    "userinfo": f"http://bob:{SECRET}@h/sse",
    "userinfo-without-a-name": f"http://:{SECRET}@h/sse",
    "userinfo-with-an-at": f"http://bob:x@{SECRET}@h/sse",
    "userinfo-token": f"https://{SECRET}@h/sse",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_credentials_are_redacted(text: str) -> None:
    assert SECRET in text
    for cleaned in (redact(text), safe(text), safe(f"before {text}\nafter")):
        assert SECRET not in cleaned
        assert "[redacted-1]" in cleaned


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_redaction_is_idempotent(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.sampled_from(sorted(LEAKS.values())), st.integers(0, 140), st.integers(4, 30))
def test_a_cut_does_not_uncover_a_secret(text: str, before: int, limit: int) -> None:
    """For any limit, and any length of text before the secret."""
    long = f"token={'x' * before} {text} {'y ' * 60}"
    shown = safe(long, limit)
    assert SECRET[:6] not in shown


def test_a_truncated_jwt_is_redacted() -> None:
    for size in range(12, len(JWT)):
        assert re.fullmatch(r"got \[redacted-[0-9]+\]", redact(f"got {JWT[:size]}"))


def test_the_rest_of_the_line_is_kept() -> None:
    assert redact(f"GET /m?sessionId={SECRET}&v=1 HTTP/1.1 202") == (
        "GET /m?sessionId=[redacted-1]&v=1 HTTP/1.1 202"
    )
    assert redact(f'"Cookie: {SECRET}" 200 "curl/8"') == '"Cookie: [redacted-1]" 200 "curl/8"'
    assert redact(f"Authorization: {SECRET}\nAccept: */*") == (
        "Authorization: [redacted-1]\nAccept: */*"
    )


ORDINARY = [
    "GET /sse HTTP/1.1",
    "basic settings, digest of a file, negotiate nothing",
    "Bearer tokens and bearer authentication",
    "max_tokens=500 tokens=3 error code=5 key=3 state=running",
    "http://127.0.0.1:8080/sse?x=a@b",
    "mail bob@example.com",
    "the cookie: ",
    'proxy_pass "http://b/x?token=";',
    "proxy_set_header Host $host;",
    "proxy_cache_key $scheme$host; keys_zone=one:10m",
    '127.0.0.1 - - [23/Nov/2026:15:23:37 +0000] "GET /sse HTTP/1.1" 499 0 "-" "ua (run=05de; h1)"',
    "2026/11/23 15:23:37 [error] 7#7: *1 upstream timed out (110: Connection timed out)",
    "sessions are kept, the session was closed",
    "naïve café, 日本語, – and …",
    "the pwd: /srv/www",
    "GET /sessions/2024-report-a HTTP/1.1",
    "sk-learn-2-something-is-ordinary-x",
]


TOKENS = [
    f"ghp_{SECRET * 3}", f"sk-{SECRET * 2}", f"AKIA{'A1' * 8}", f"ghp_{SECRET}",
    f"hvs.{SECRET * 2}",
    f"/sid/{SECRET}", f"/{'0af3' * 8}/messages", f"-----BEGIN PRIVATE KEY-----{SECRET}", JWT,
    f"curl -u bob:{SECRET}", f"deploy --token {SECRET}", f"sshpass -p {SECRET}", f"pwd: {SECRET}",
]  # fmt: skip


def test_the_patterns_that_are_left_out_would_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*LEAKS.values(), *ORDINARY, *TOKENS]
    texts += [f"http://h/sse {text}" for text in texts]
    shown = [redact(text, lambda secret: "X") for text in texts]
    kinds = {kind for kind, _ in redaction._PATTERNS}
    monkeypatch.setattr(redaction, "_kinds_in", lambda text: kinds)
    assert [redact(text, lambda secret: "X") for text in texts] == shown
    assert sum("X" in text for text in shown) > len(texts) // 2


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_untouched(text: str) -> None:
    assert redact(text) == text
    assert safe(text) == text


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("x --password S3 --token S4", "x --password [redacted-1] --token [redacted-2]"),
        ("x --client-secret 'a b' end", "x --client-secret '[redacted-1]' end"),
        ('sh -c "curl --api-key S3"', 'sh -c "curl --api-key [redacted-1]"'),
        ("curl -sSu me:S3 http://x", "curl -sSu me:[redacted-1] http://x"),
        ("curl http://x --user 'me:S 3'", "curl http://x --user 'me:[redacted-1]'"),
        ("curl -U p:S3 -u me:S4 x", "curl -U p:[redacted-2] -u me:[redacted-1] x"),
        ("curl --user=me:S3 x", "curl --user=me:[redacted-1] x"),
        ("sshpass -p S3 ssh jump", "sshpass -p [redacted-1] ssh jump"),
    ],
)
def test_secrets_in_a_command_line_are_redacted(command: str, shown: str) -> None:
    assert redact(command) == shown


@pytest.mark.parametrize(
    "command",
    [
        "docker exec -u root:root web curl http://x",
        "podman exec --user 33:33 web cat /log",
        "error: --token is required",
        "kubectl exec --pass-thru x",
        "curl --user-agent=Foo:1 http://x",
        "ssh -p 2222 jump",
    ],
)
def test_a_command_line_without_secrets_is_untouched(command: str) -> None:
    assert redact(command) == command


REPEATED = [
    *("curl ", "--token ", "a-", "a.", "key:", "key=", "sk-", "sk-1", "ghp_aaa.", "gho_aaa-"),
    *("eyJ-", "eyJaaaaaaaa.", "://", "://:", ":", " ", "bearer ", "basic A", "digest ", '"token":'),
    *('token="', "token='a", "token%3d", "?code=", "password: ", "pwd-", "secret_", "x-auth-"),
    *("/sid/", "-----BEGIN PRIVATE KEY-----", "xoxb-", "curl -u ", "set-cookie: ", '\\"', "a-key:"),
    *("glpat-aaa.", "api_", "access_", "%", "%25", "\\u0041"),
]


@pytest.mark.parametrize("part", REPEATED)
def test_no_text_makes_redaction_slow(part: str) -> None:
    """Each of these would take minutes if a pattern backtracked."""
    assert redact("key " + part * (20_000 // len(part)))


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["x", "--password", "S3", "--token", "S4", "end"], "x --password * --token * end"),
        (["sshpass", "-p", "S3", "ssh", "-p", "2222", "jump"], "sshpass -p * ssh -p 2222 jump"),
        (["sshpass", "-pS3", "ssh", "jump"], "sshpass -p* ssh jump"),
        (["/usr/bin/curl", "-sSu", "me:S3", "http://x"], "/usr/bin/curl -sSu me:* http://x"),
        (["curl", "--user=me:S3", "-U", "p:S4", "x"], "curl --user=me:* -U p:* x"),
        (["docker", "exec", "-u", "root:root", "web"], "docker exec -u root:root web"),
        (["cat", "/log?token=S3"], "cat /log?token=[redacted-1]"),
    ],
)
def test_the_words_of_a_command_are_redacted_one_by_one(command: list[str], shown: str) -> None:
    assert " ".join(redact_command(command, redact, lambda secret: "*")) == shown


def test_only_the_values_of_public_headers_are_shown() -> None:
    assert redact_header("Accept", "text/event-stream") == "text/event-stream"
    assert redact_header("Origin", "http://me:S3@h") == "http://[redacted-1]@h"
    assert redact_header("X-Tenant", "blue") == "[redacted-2]"


def test_a_value_that_is_left_out_stays_readable() -> None:
    text = "add --header 'Authorization: …'."
    assert redact(text) == text
