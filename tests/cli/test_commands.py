"""Which command the first word names, the search of the failure modes, and a wrong path."""

import pytest

from tests.cli.test_options import no_wizard
from wizard.cli import main
from wizard.cli.commands import COMMANDS, split_command
from wizard.cli.explain import search_rules
from wizard.cli.options import make_parser
from wizard.diagnose.rules import rule_ids


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        status = main(words, open_wizard=no_wizard)
    except SystemExit as end:
        status = int(end.code or 0)
    return (status, *capsys.readouterr())


TYPOS = {
    "chekc": "check",
    "Check": "check",
    "inspct": "inspect",
    "hlep": "help",
    "exlpain": "explain",
}


@pytest.mark.parametrize("typo", TYPOS)
def test_a_mistyped_command_is_recognised(capsys: pytest.CaptureFixture[str], typo: str) -> None:
    sentence = f"ssewizard: {typo}: no such command: did you mean {TYPOS[typo]}?"
    status, out, err = run(capsys, typo, "http://h/sse")
    assert (status, out, err.partition(" Try: ")[0].rstrip("\n")) == (2, "", sentence)


@pytest.mark.parametrize("word", ["prod", "http", "\x1bxyzzy", "日本"])
def test_a_word_that_is_no_command_is_no_url_either(
    capsys: pytest.CaptureFixture[str], word: str
) -> None:
    status, out, err = run(capsys, word)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert ": neither a command (check, inspect, explain, lab, open, completion) nor a URL" in err
    assert "\x1b" not in err


@pytest.mark.parametrize("url", ["http://h/sse", "h:1/sse", "example.com", "./check", "a b", ""])
def test_a_url_is_not_taken_for_a_command(url: str) -> None:
    assert split_command([url, "--insecure"]) == ("", [url, "--insecure"])


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    words = ["help", command] if command else ["help"]
    assert run(capsys, *words) == (0, make_parser(command).format_help(), "")


def test_help_knows_mistyped_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "help", "chekc")[2].endswith("did you mean check?\n")


def test_explain_searches_ids_titles_and_texts() -> None:
    ids = search_rules(["Buffering"])
    assert {"gzip-plus-buffering", "proxy-buffering-hold"} == set(ids[:2])  # in the id
    assert ids.index("xab-ignored") < ids.index("backend-compression")
    assert len(ids) < len(rule_ids())
    assert set(search_rules(["gzip", "buffering"])) < set(ids)
    assert search_rules(["gzip buffering"]) == search_rules(["gzip", "buffering"])
    assert search_rules([]) == list(rule_ids())


def test_explain_shows_an_id_or_a_single_match_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    in_full = run(capsys, "explain", "cache-replay")
    assert in_full[1].startswith("cache-replay: ")
    assert run(capsys, "explain", "cache-repla") == in_full
    assert run(capsys, "explain", "buffering")[1].count("\n") == len(search_rules(["buffering"]))


def test_explain_asks_for_a_similar_id(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "explain", "cache-reply")
    assert (status, out) == (2, "")
    assert err.endswith(": did you mean cache-replay?\n")


PATHS = {
    "sse": "a path begins with /: --path /sse",
    "": "a path begins with /: --path /",
    "https://h:1/a?b": "a URL where a path is needed: --path /a --host h --scheme https",
    "http://[::1/": "a path begins with /, such as /sse",
}


@pytest.mark.parametrize("path", PATHS)
def test_inspect_says_how_a_path_is_written(capsys: pytest.CaptureFixture[str], path: str) -> None:
    sentence = f"ssewizard: --path {path!r}: {PATHS[path]}\n"
    assert run(capsys, "inspect", "--conf", "/nope", "--path", path) == (2, "", sentence)
