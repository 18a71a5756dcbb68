"""The register of secrets: found wherever they occur, in any form; ordinary words stay."""

import json
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from screens.widgets.lines import _masked
from wizard.text.known_words import MAX_KEPT_CHARS, MAX_WORDS_OF_ANCHOR, KnownWords
from wizard.text.marks import MARKS, MAX_SECRETS, Marks
from wizard.text.redaction import redact, redact_header

SECRETS = [
    "Hunter2x9Zq",
    "Tr0ub4dor#3xyz",
    "qwfpgjluyarstdhneiozxcvb",
    "qWfPgJlUyArStDhNeIoZxCvB",
    "caf\u00e9\"9x'Zq<1&2>",
    "a1x{b2}c3d4e5|f6,g7<h8>x9",
    r"ab\cd12345",
    "550e8400-e29b-41d4-a716-446655440000",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "p@ssw0rd!x9",
    "0a1b2c3d4e5f60718293a4b5.worker",
]
ORDINARY = [
    *("proxy_request_buffering", "HTTP/1.1", "/srv/www", "node-1", "node-10:8080", "gpt-4o-mini"),
    *("claude-3-5-sonnet-20241022", "mixtral-8x7b-instruct", "app.example.com", "Authentication"),
    *(
        "a1b2c3d4.ngrok.io:443",
        "text/event-stream",
        "2024-report-a",
        "Mcp-Session-Id",
        "10.0.0.9:1",
    ),
    *("time_to_first_event_s", "ssewizard.case/5", "bob@example.com", "llama3.1-70b", "x86_64"),
    *("https://cdn.example/a", "max-age=3600", "fastMcpServer", "2026-11-27T01:02:03Z"),
]
SIDES = st.text("ab ./_-%\\\"'<>&=:;,é\n{}[]", max_size=12)
WORDS = st.text("abcXYZ019", max_size=30).map(lambda text: f"q9Z7kx2{text}W4")
ODD = st.text("abcXYZ019-_.#?{}|,<>\\\"'é+/=~@!$", max_size=30).map(lambda text: f"q9Z7kx2{text}W4")


def forms(secret: str) -> list[str]:
    return [
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escape(secret),
        escape(secret, quote=False),
        quote(secret, safe=""),
        quote(secret, safe="").lower() if secret.islower() else quote(secret, safe="/"),
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_replaced_in_each_of_its_forms(secret: str) -> None:
    mark = MARKS.mark(secret)
    for form in forms(secret):
        for before, after in (("", ""), ("a %2F", "%20"), ("\\n", "\\n"), ("/", "/x"), ("[", "]")):
            assert MARKS.redact_known(f"{before}{form}{after}") == f"{before}{mark}{after}"


@pytest.mark.parametrize("word", ORDINARY)
def test_ordinary_words_are_masked_in_their_place_alone(word: str) -> None:
    assert redact_header("X-Own", word) == "[redacted-1]"
    assert redact(f"see {word} there") == f"see {word} there"


@given(ODD, SIDES, SIDES)
def test_no_text_around_hides_a_secret(secret: str, before: str, after: str) -> None:
    marks = Marks()
    marks.mark(secret)
    text = f"{before.rstrip('abé%')} {secret} {after}"
    shown = marks.redact_known(text)
    assert secret not in shown
    assert marks.redact_known(shown) == shown


@given(st.lists(ODD, min_size=1, max_size=8))
def test_the_same_secret_has_the_same_mark(secrets: list[str]) -> None:
    marks = Marks()
    issued = [marks.mark(secret) for secret in secrets]
    assert [marks.mark(secret) for secret in secrets] == issued
    shown = marks.redact_known(" ".join(secrets))
    assert not any(secret in shown for secret in secrets)


@given(st.lists(WORDS, min_size=1, max_size=8, unique=True))
def test_different_words_have_different_marks(words: list[str]) -> None:
    marks = Marks()
    issued = [marks.mark(word) for word in words]
    assert len(set(issued)) == len(words)
    assert marks.redact_known(" ".join(words)) == " ".join(issued)


class CountedAnchors(dict[str, list[tuple[str, int]]]):
    """Counts how often a run of a text is looked up."""

    lookups = 0

    def get(self, key, default=None):  # type: ignore[no-untyped-def]
        self.lookups += 1
        return super().get(key, default)


@pytest.mark.parametrize("secrets", [10, 4000])
def test_the_work_does_not_grow_with_the_number_of_secrets(secrets: int) -> None:
    known = KnownWords()
    known._anchors = anchors = CountedAnchors()
    for number in range(secrets):
        known.add(f"a1b2-secret{number:05d}x", "*")
    assert max(map(len, anchors.values())) <= MAX_WORDS_OF_ANCHOR
    assert len(known.find("a1b2-secret00007x and more\n" * 100)) == 100
    assert anchors.lookups == 400


def test_one_anchor_has_few_words() -> None:
    known = KnownWords()
    for number in range(1000):
        known.add(f"a1b2c3d4e5-{number}", "*")
    assert list(map(len, known._anchors.values())) == [MAX_WORDS_OF_ANCHOR]


def test_the_register_is_bounded() -> None:
    marks = Marks()
    for number in range(MAX_SECRETS + 5):
        marks.mark(f"a9x{number:05d}zz7Q" * 60)
    assert marks.mark("Hunter2x9Zq") == "[redacted]"
    assert sum(map(len, marks._marks)) < 500_000
    for number in range(2000):
        marks.keep([f"/{number}/" * 50])
    assert len(marks._known._kept) <= MAX_KEPT_CHARS


@pytest.mark.parametrize(
    "cookie",
    [
        "sid=1; Path=/sse; Domain=node7q.example.com; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
        "a=proxy_request_buffering; Path=HTTP/1.1",
        "a=x9Kq27Zp; X9Kq27Zp=8Kq2x9Zp7711",
        "a=/x9Kq2/7Zp4411aa",
    ],
)
def test_a_server_cannot_choose_what_is_masked(cookie: str) -> None:
    text = f"{cookie} proxy_request_buffering HTTP/1.1 /sse {' '.join(ORDINARY)}"
    shown = redact(f"Set-Cookie: {cookie}")
    assert shown == "Set-Cookie: [redacted-1]"
    assert MARKS.redact_known(text) == text


def test_the_value_of_a_servers_cookie_is_masked_everywhere() -> None:
    redact("Set-Cookie: sid=x9Kq27Zp4411aa; Path=/; HttpOnly")
    assert redact("/m/x9Kq27Zp4411aa") == "/m/[redacted-1]"


def test_a_text_beside_a_mark_has_a_mark_of_its_own() -> None:
    assert MARKS.mark("[redacted-7]") == "[redacted-7]"
    assert MARKS.mark("Bearer [redacted-7]") == "[redacted-7]"
    assert MARKS.mark("other secret [redacted-7]") == "[redacted-1]"
    assert MARKS.mark("other secret [redacted-7]") == "[redacted-1]"


def test_the_password_of_a_url_is_known_alone() -> None:
    redact("http://svc:Passw0rd9x@host/")
    assert redact("it is Passw0rd9x") == "it is [redacted-1]"


def test_a_private_body_has_a_mark_but_its_words_stay() -> None:
    assert MARKS.mark_whole('{"a": "x9Kq27Zp4411aa"}') == "[redacted-1]"
    assert MARKS.mark('{"a": "x9Kq27Zp4411aa"}') == "[redacted-1]"
    assert redact("x9Kq27Zp4411aa") == "x9Kq27Zp4411aa"


def test_examined_hosts_and_paths_stay() -> None:
    MARKS.mark("x9Kq27Zp4411aa")
    MARKS.keep(["/mcp/x9Kq27Zp4411aa/sse"])
    MARKS.mark("x9Kq27Zp4411aa sse9x7Kq2Zp")
    assert redact("/x9Kq27Zp4411aa") == "/x9Kq27Zp4411aa"


def test_the_keys_of_a_json_text_stay() -> None:
    MARKS.mark('x9Kq"27é')
    text = json.dumps({'x9Kq"27é': 'x9Kq"27é', "a": ['b x9Kq"27é']})
    assert json.loads(MARKS.redact_known_json(text)) == {
        'x9Kq"27é': "[redacted-1]",
        "a": ["b [redacted-1]"],
    }


def test_a_masked_line_keeps_its_styles() -> None:
    MARKS.mark("x9Kq27Zp4411aa")
    row = Text.assemble(("id ", "bold"), ("x9Kq27Zp4411aa", "red"), (" end", "green"))
    shown = _masked(row)
    assert shown.plain == "id [redacted-1] end"
    styled = {shown.plain[span.start : span.end]: str(span.style) for span in shown.spans}
    assert styled == {"id ": "bold", "[redacted-1]": "red", " end": "green"}
