"""What may be shown of untrusted text: no control sequence, no credential, nothing else changed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.text.display import clip, safe, seconds, visible, visible_block
from wizard.text.redaction import MASK, redact, redact_command, redact_header

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x00\x07\x1b\x7f\x85\x90\x9b\x9d\r\n\t\u202e\u2066\u2028\ufeff\ud800\udc80"
        ),
    )
)


def controls(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) in FORBIDDEN}


@given(NASTY)
def test_visible_is_one_line_without_controls(text: str) -> None:
    assert not controls(visible(text))


@given(NASTY, st.integers(1, 20))
def test_safe_is_one_line_without_controls_at_any_limit(text: str, limit: int) -> None:
    assert not controls(safe(text, limit))


@given(NASTY)
def test_a_block_has_line_ends_and_no_other_control(text: str) -> None:
    assert controls(visible_block(text)) <= {"\n"}
    assert controls(visible_block(text, tabs=True)) <= {"\n", "\t"}


@given(NASTY)
def test_a_block_keeps_its_lines(text: str) -> None:
    """A form feed or U+2028 must not become a line end: in a diff it would be a line of its own."""
    assert visible_block(text).count("\n") == (text.removesuffix("\n").count("\n") + bool(text))


@given(NASTY)
def test_what_is_shown_can_be_written_anywhere(text: str) -> None:
    visible(text).encode("utf-8")


@given(NASTY)
def test_nothing_is_lost_up_to_the_limit(text: str) -> None:
    kept = "".join(char for char in text if unicodedata.category(char) not in FORBIDDEN)
    kept = "".join(char for char in kept if ord(char) & 0xFFFE != 0xFFFE)  # XML cannot hold these
    shown = visible(text, len(text) + 1)
    for char in kept:
        assert char in shown


def test_controls_are_named() -> None:
    assert visible("a\x1b[2J\r\n\t\x9b\u202e") == "a\\e[2J\\r\\n\\t\\u{9b}\\u{202e}"


def test_what_is_cut_is_said() -> None:
    assert visible("x" * 30, 10) == "x" * 10 + "… (20 more)"
    assert safe("x" * 30, 10).startswith("x" * 10 + "…")
    assert visible("x" * 10, 10) == "x" * 10


def test_what_redaction_shortened_and_the_clip_cut_is_still_said_to_be_cut() -> None:
    assert safe("token=" + "x" * 36 + " and more", 10) == "token=[red… (6 more)"
    assert safe("a Bearer " + "x" * 200, 20).endswith("…")


def test_a_block_for_crlf_and_tabs() -> None:
    assert visible_block("a\r\n\tb\r\n") == "a\n    b\n"
    assert visible_block("-\ta\x1b\n", tabs=True) == "-\ta\\e\n"
    assert visible_block("") == ""


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
        assert "[redacted]" in cleaned


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_once_is_enough(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.sampled_from(sorted(LEAKS.values())), st.integers(0, 140), st.integers(4, 30))
def test_a_cut_uncovers_nothing(text: str, before: int, limit: int) -> None:
    """Wherever the limit falls, and whatever is shortened before it."""
    long = f"token={'x' * before} {text} {'y ' * 60}"
    shown = safe(long, limit)
    assert SECRET[:6] not in shown


def test_a_jwt_goes_whole_or_cut() -> None:
    for size in range(12, len(JWT)):
        assert redact(f"got {JWT[:size]}") == "got [redacted]"


def test_the_rest_of_the_line_stays() -> None:
    assert redact(f"GET /m?sessionId={SECRET}&v=1 HTTP/1.1 202") == (
        "GET /m?sessionId=[redacted]&v=1 HTTP/1.1 202"
    )
    assert redact(f'"Cookie: {SECRET}" 200 "curl/8"') == '"Cookie: [redacted]" 200 "curl/8"'
    assert redact(f"Authorization: {SECRET}\nAccept: */*") == (
        "Authorization: [redacted]\nAccept: */*"
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
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_untouched(text: str) -> None:
    assert redact(text) == text
    assert safe(text) == text


@given(st.text("abcXYZ 0123./,()[]–é"))
def test_words_and_numbers_are_untouched(text: str) -> None:
    assert safe(text) == text


def test_clip_cuts_between_words() -> None:
    assert clip("go to http://bob:hunter2@h/", 20) == "go to"
    assert clip("short", 20) == "short"
    assert clip("x" * 30, 20) == "x" * 20


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0.0, "0 ms"), (0.0124, "12 ms"), (2.314, "2.31 s")]
)
def test_seconds(value: float | None, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("x --password S3 --token S4", "x --password [redacted] --token [redacted]"),
        ("x --client-secret 'a b' end", "x --client-secret '[redacted]' end"),
        ('sh -c "curl --api-key S3"', 'sh -c "curl --api-key [redacted]"'),
        ("curl -sSu me:S3 http://x", "curl -sSu me:[redacted] http://x"),
        ("curl http://x --user 'me:S 3'", "curl http://x --user 'me:[redacted]'"),
        ("curl -U p:S3 -u me:S4 x", "curl -U p:[redacted] -u me:[redacted] x"),
        ("curl --user=me:S3 x", "curl --user=me:[redacted] x"),
        ("sshpass -p S3 ssh jump", "sshpass -p [redacted] ssh jump"),
    ],
)
def test_a_command_shows_none_of_its_secrets(command: str, shown: str) -> None:
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
def test_a_command_without_secrets_stays(command: str) -> None:
    assert redact(command) == command


def test_no_text_makes_hiding_slow() -> None:
    """Each of these would take minutes, did a pattern try all ways to read it."""
    for text in (
        "curl " * 20_000,
        "curl -" + "u" * 100_000,
        "--" + "a-" * 50_000,
        "--token " * 9999,
    ):
        redact(text)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["x", "--password", "S3", "--token", "S4", "end"], "x --password * --token * end"),
        (["sshpass", "-p", "S3", "ssh", "-p", "2222", "jump"], "sshpass -p * ssh -p 2222 jump"),
        (["sshpass", "-pS3", "ssh", "jump"], "sshpass -p* ssh jump"),
        (["/usr/bin/curl", "-sSu", "me:S3", "http://x"], "/usr/bin/curl -sSu me:* http://x"),
        (["curl", "--user=me:S3", "-U", "p:S4", "x"], "curl --user=me:* -U p:* x"),
        (["docker", "exec", "-u", "root:root", "web"], "docker exec -u root:root web"),
        (["cat", "/log?token=S3"], "cat /log?token=[redacted]"),
    ],
)
def test_the_words_of_a_command_are_redacted_one_by_one(command: list[str], shown: str) -> None:
    assert " ".join(redact_command(command, redact, lambda secret: "*")) == shown


def test_only_the_values_of_public_headers_are_shown() -> None:
    assert redact_header("Accept", "text/event-stream") == "text/event-stream"
    assert redact_header("Origin", "http://me:S3@h") == "http://[redacted]@h"
    assert redact_header("X-Tenant", "blue") == MASK
