"""The options for the stream's request: method, body, headers, HTTP version."""

import io
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.test_options import no_wizard, parse_target
from wizard.cli import main
from wizard.model import body
from wizard.model.target import Target

URL = "https://h/v1/chat"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")


def give_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Make these bytes the standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_without_the_options_the_request_is_a_get() -> None:
    target = parse_target(URL)
    assert (target.method, target.body, target.http, target.repeat) == ("GET", b"", None, False)
    assert target.headers == ()
    assert not target.is_sent_once


def test_a_body_makes_the_request_a_post_that_is_sent_once() -> None:
    target = parse_target(URL, "-d", "a=1", "--data", "b=2", "--http", "2")
    assert (target.method, target.body, target.http) == ("POST", b"a=1&b=2", "2")
    assert target.headers == (FORM,)
    assert target.is_sent_once
    assert not parse_target(URL, "-d", "a=1", "--repeat").is_sent_once


@pytest.mark.parametrize(
    ("words", "method"),
    [
        (["-X", "GET", "-d", "x"], "GET"),
        (["-XPUT", "-d", "x"], "PUT"),
        (["--request=post"], "POST"),
        (["-d", ""], "POST"),
        (["-X", "M-SEARCH"], "M-SEARCH"),
    ],
)
def test_the_method_is_the_one_given(words: list[str], method: str) -> None:
    assert parse_target(URL, *words).method == method


@pytest.mark.parametrize(
    ("data", "header"),
    [
        ('{"stream": true}', JSON),
        (" [1, 2]\n", JSON),
        ("{not json", FORM),
        ("", FORM),
        ("a={}", FORM),
    ],
)
def test_the_content_type_follows_the_body(data: str, header: tuple[str, str]) -> None:
    assert parse_target(URL, "-d", data).headers == (header,)


def test_a_content_type_that_is_given_stays() -> None:
    words = ("-H", "content-type: application/x-ndjson", "-H", "X-A: 1")
    target = parse_target(URL, "-d", "{}", *words)
    assert target.headers == (("content-type", "application/x-ndjson"), ("X-A", "1"))


def test_a_file_is_joined_without_its_line_ends(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b'{"a":\r\n 1}\n\xff\0')
    assert parse_target(URL, "-d", f"@{tmp_path}/b", "-d", "x").body == b'{"a": 1}\xff&x'


@pytest.mark.parametrize("word", ["-", "@-"])
def test_standard_input_is_a_body(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, b"a\nb\n")
    assert parse_target(URL, "-d", word).body == b"ab"


def test_bytes_of_the_command_line_are_sent_as_they_are() -> None:
    assert parse_target(URL, "-d", "\udcff\u00e9").body == b"\xff\xc3\xa9"


REFUSED = {
    "head": (["-X", "HEAD"], "HEAD is never sent"),
    "head-lower-case": (["-X", "head"], "HEAD is never sent"),
    "connect": (["-X", "CONNECT"], "tunnel"),
    "no-method": (["-X", "A B"], "not a method"),
    "injection": (["-X", "GET\r\nX: y"], "not a method"),
    "missing-file": (["-d", "@/nowhere/b"], "/nowhere/b: cannot be read: No such file"),
    "folder": (["-d", "@/"], "@/: not a regular file"),
    "device": (["-d", "@/dev/zero"], "not a regular file"),
    "no-file": (["-d", "@"], "the file name is missing"),
    "nul": (["-d", "@a\0b"], "not a file name"),
    "http": (["--http", "3"], "invalid choice"),
    "http-2-without-tls": (["http://h/", "--http", "2"], "needs an https:// URL"),
    "content-length": (["-H", "Content-Length: 5"], "set by the body"),
    "transfer-encoding": (["-H", "transfer-encoding: chunked"], "set by the body"),
    "websocket": (["--upgrade", "-d", "x"], "a WebSocket is asked for with a GET"),
    "stdin-twice": (["-d", "-", "-d", "@-"], "only once"),
    "stdin-config": (["-d", "-", "--conf", "-"], "only once"),
}


@pytest.mark.parametrize(("words", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_is_one_sentence(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = [] if words[0].startswith("http:") else [URL]
    assert main(["check", *url, *words], open_wizard=no_wizard) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert problem in err
    assert err.startswith("ssewizard: ")
    assert err.count("\n") == 1


def test_no_body_is_read_from_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert main(["check", URL, "-d", "-"], open_wizard=no_wizard) == 2
    assert "not from a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("from_stdin", [True, False])
def test_a_body_that_is_too_large_is_refused_and_not_cut(
    from_stdin: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(body, "MAX_BODY_BYTES", 10)
    data = b"\n\n123456789"  # ten bytes or fewer without the line ends
    (tmp_path / "b").write_bytes(data)
    monkeypatch.setattr("wizard.cli.request.MAX_BODY_BYTES", 10)
    give_stdin(monkeypatch, data)
    word = "-" if from_stdin else f"@{tmp_path}/b"
    assert main(["check", URL, "-d", word], open_wizard=no_wizard) == 2
    assert "so not sent" in capsys.readouterr().err


def test_the_wizard_gets_method_and_body() -> None:
    opened: list[object] = []

    def open_wizard(*arguments: object) -> int:
        opened.extend(arguments)
        return 0

    assert main([URL, "-X", "PUT", "-d", "x"], open_wizard=open_wizard) == 0
    assert opened[0] == Target(URL, method="PUT", body=b"x", headers=(FORM,))
    assert main(["-d", "x"], open_wizard=open_wizard) == 2


def test_the_help_says_what_is_sent() -> None:
    help = run_command("check", "--help").out
    text = " ".join(help.split())
    assert "sent once through the proxy and once direct" in text
    assert "A JSON object or array is sent as application/json" in text
