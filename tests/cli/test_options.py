"""The options of the command line: a mistake gives one sentence and exit status 2."""

import pytest

from wizard.cli import main
from wizard.cli.options import make_parser, target_of
from wizard.model.target import Source, Target


def no_wizard(*_: object) -> int:
    raise AssertionError("the wizard must not open")


def parse_target(*words: str) -> Target:
    return target_of(make_parser("check").parse_args(words))


INVALID = {
    "no-url": [],
    "no-scheme": ["example.com/sse"],
    "ftp": ["ftp://h/sse"],
    "no-host": ["http:///sse"],
    "port-too-large": ["http://h:99999/sse"],
    "port-a-word": ["http://h:x/sse"],
    "blank-inside": ["http://h/s se"],
    "newline": ["http://h/sse\nX: y"],
    "escape": ["http://h/\x1b[2J"],
    "broken-ipv6": ["http://[::1/sse"],
    "credentials": ["http://user:hunter2@h/sse"],
    "unknown-option": ["http://h/sse", "--nope"],
    "stall-a-word": ["http://h/sse", "--stall", "soon"],
    "stall-nan": ["http://h/sse", "--stall", "nan"],
    "stall-negative": ["http://h/sse", "--stall=-1"],
    "stall-zero": ["http://h/sse", "--stall", "0"],
    "format": ["http://h/sse", "--format", "yaml"],
    "header-without-colon": ["http://h/sse", "--header", "nope"],
    "header-with-newline": ["http://h/sse", "--header", "A: b\r\nC: d"],
    "header-name": ["http://h/sse", "--header", "A b: c"],
    "connect-to": ["http://h/sse", "--connect-to", "h"],
    "direct": ["http://h/sse", "--direct", "h:1/sse"],
    "unknown-vantage": ["http://h/sse", "--direct", "web=http://h/sse"],
    "websocket-by-post": ["ws://h/ws", "--data", "x"],
    "websocket-over-http-2": ["https://h/ws", "--upgrade", "--http", "2"],
    "empty-log": ["http://h/sse", "--log", ""],
}


@pytest.mark.parametrize("words", INVALID.values(), ids=INVALID.keys())
def test_wrong_usage_is_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *words], open_wizard=no_wizard) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ssewizard: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert "hunter2" not in err
    assert "Traceback" not in err


def test_each_option_sets_its_field() -> None:
    target = parse_target(
        "https://h:444/sse#x", "--direct", "http://d/sse", "--direct", "local=http://e/sse",
        "--conf", "nginx.conf", "--log", "a.log", "--log", "b.log", "--header", "A: b: c",
        "--insecure", "--connect-to", "[::1]:8443", "--stall", "4", "--patience", "90", "--no-mcp",
    )  # fmt: skip
    assert target == Target(
        "https://h:444/sse",
        (Source("http://d/sse"), Source("http://e/sse")),
        Source("nginx.conf"),
        (Source("a.log"), Source("b.log")),
        (("A", "b: c"),),
        True,
        ("::1", 8443),
        4.0,
        90.0,
        "never",
    )


def test_local_without_a_file_means_nginx_t() -> None:
    assert parse_target("http://h/sse", "--conf", "local=").conf == Source("")


def test_options_without_a_url_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--conf", "nginx.conf"], open_wizard=no_wizard) == 2
    assert "URL" in capsys.readouterr().err


def test_the_wizard_gets_the_target() -> None:
    opened: list[object] = []

    def open_wizard(*arguments: object) -> int:
        opened.extend(arguments)
        return 0

    assert main(["http://h/sse"], open_wizard=open_wizard) == 0
    assert opened == [Target("http://h/sse"), None]


def test_without_words_the_wizard_opens_its_form() -> None:
    opened: list[object] = []

    def open_wizard(*arguments: object) -> int:
        opened.extend(arguments)
        return 0

    assert main([], open_wizard=open_wizard) == 0
    assert opened == [None, None]


def test_a_bug_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("test\x1b[2J")

    assert main([], open_wizard=broken) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "\x1b" not in err
    assert err.count("\n") == 1
