"""Pasted commands are split as bash and cmd.exe split them; whatever is pasted, nothing is run."""

import re
import shlex
import subprocess
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tools import needs
from wizard.model.command_words import split_command
from wizard.text.errors import UsageError

CHARS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WORDS = st.lists(CHARS, min_size=1, max_size=5)
ODD = st.text(st.sampled_from("ab \t\n\r'\"\\$^`!&|;<>(){}[]%#=@~*?é\x01\x7f😀0u"), max_size=40)


def words_of(text: str) -> list[str]:
    return list(split_command(text).words)


def quote_ansi(text: str) -> str:
    r"""Quote as Chrome and Safari do where a text has a quote or a control character."""
    special = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    control = re.compile("[\x00-\x1f\x7f-\x9f!]")
    return "$'" + control.sub(lambda match: f"\\u{ord(match[0]):04x}", special) + "'"


def quote_utf16(text: str) -> str:
    r"""Quote as Firefox does: each UTF-16 unit that is no printable ASCII as `\u`."""

    def units(match: re.Match[str]) -> str:
        data = match[0].encode("utf-16-be")
        return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))

    special = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + re.sub("[^ -~]", units, special) + "'"


def quote_double(text: str) -> str:
    return '"' + re.sub(r'([\\"$`])', r"\\\1", text) + '"'


def quote_chrome_cmd(text: str) -> str:
    """Quote as Chrome and Edge do on Windows."""
    return add_carets(text.replace("\\", "\\\\").replace('"', '\\"'))


def quote_firefox_cmd(text: str) -> str:
    """Quote as Firefox does on Windows: a backslash stays as it is."""
    return add_carets(text.replace('"', '\\"'))


def add_carets(special: str) -> str:
    special = re.sub(r"[^a-zA-Z0-9\s_\-:=+~'/.,?;()*`]", lambda m: f"^{m[0]}", special)
    special = re.sub(r"%(?=[a-zA-Z0-9_])", "%^", special)
    return f'^"{special.replace(chr(10), "^" + chr(10) * 2)}^"'


def quote_cmd(text: str) -> str:
    """Quote for the start-up code of a program on Windows; the caret stands outside of quotes."""
    quotes = re.sub(r'(\\*)"', r'\1\1\\"', text)
    return '"' + re.sub(r"(\\+)$", r"\1\1", quotes) + '"'


@given(WORDS)
@pytest.mark.parametrize("quote", [shlex.quote, quote_ansi, quote_double, quote_utf16])
@pytest.mark.parametrize("joint", [" ", " \\\n  ", " \\\r\n\t"])
def test_words_quoted_for_bash_are_read_back(quote, joint, words) -> None:  # type: ignore[no-untyped-def]
    assert words_of(joint.join(["curl", *map(quote, words)])) == ["curl", *words]


@given(st.lists(CHARS.map(lambda text: text.replace("\r", "")), min_size=1, max_size=5))
def test_words_quoted_by_a_browser_for_cmd_are_read_back(words: list[str]) -> None:
    chrome = " ^\n  ".join(["curl", *map(quote_chrome_cmd, words)])
    assert words_of(chrome) == ["curl", *words]
    # Firefox's form of a word with a backslash at its end has no end.
    words = [word.rstrip("\\") for word in words]
    firefox = " ^\n  ".join(["curl.exe", *map(quote_firefox_cmd, words)])
    assert words_of(firefox) == ["curl.exe", *words]


@given(st.lists(st.text(st.sampled_from("ab \\=&{}:,"), max_size=9), min_size=1, max_size=4))
def test_words_quoted_for_a_windows_program_are_read_back(words: list[str]) -> None:
    assert words_of(" ^\r\n ".join(["curl.exe", *map(quote_cmd, words), "x"]))[1:-1] == words


@given(CHARS | ODD)
@example("'")
@example("\\")
@example('^"')
@example("$'\\u")
@example("$'\\U99999999'")
@example("$'\\ud800\\udc00\\udfff\\xff'")
@example("a\\\n")
def test_any_text_is_split_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert all(isinstance(word, str) for word in split_command(text).words)


@needs("bash")
@pytest.mark.parametrize(
    "text",
    [
        r"a 'b c' $'d\'e\x41\101\t\u00e9\cA\e' \e",
        '"a\\\nb" c\\ d "e\\f\\"" "" \'\'',
        "a#b # comment\nsecond",
        "a 2>/dev/null",
        'a=b c=$\'\\xc3\\xa9\' "$" x$ "it\'s"',
        "a\\\n b",
        "a;b",
    ],
)
def test_bash_splits_in_the_same_way(text: str) -> None:
    script = f"printf '%s\\0' {text}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, check=False, env={"LC_ALL": "C.UTF-8"}
    )
    assert words_of(text) == done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("curl a | jq .", "| jq ."),
        ("curl http://h/?a=1&b=2", "&b=2"),
        ("curl a; rm -rf x", "; rm -rf x"),
        ("curl a > out 2>&1", "> out 2>&1"),
        ("\n curl a\ncurl b", "curl b"),
        ("curl a", ""),
    ],
)
def test_what_follows_the_command_is_kept_apart(text: str, rest: str) -> None:
    split = split_command(text)
    assert (split.words[0], split.rest) == ("curl", rest)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("curl 'a", "a quote is not closed"),
        ('curl "a', "a quote is not closed"),
        ('curl ^"a ^\n', "a quote is not closed"),
        ('curl "a ^\n', "a quote is not closed"),
        ('curl "$KEY"', "$KEY: a shell would replace this"),
        ('curl "${KEY}"', "${KEY}: a shell would replace this"),
        ("curl $KEY", "$KEY: a shell would replace this"),
        ("curl $(cat x)", "a command in it: a shell would replace this"),
        ("curl `id`", "a command in it: a shell would replace this"),
        ("Invoke-WebRequest -Uri x", "PowerShell"),
        ("$session = New-Object X\ncurl", "PowerShell"),
        ("curl.exe `\n -H x", "PowerShell"),
        ('fetch("https://h")', "JavaScript"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_command(text)
    assert problem in str(caught.value)
