"""What is concluded does not depend on the language, and the Chinese report is whole."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from wizard.text.columns import width
from wizard.text.messages import LANGUAGES, VARIABLE

_ENGLISH = re.compile(r"(?:[a-z]{2,}[,;]? ){2,}[a-z]{2,}")
"""Three words in a row."""
_QUOTED = re.compile(
    "incomplete chunked read|newline at end of file|prematurely closed|while (connecting|reading)"
    "|from upstream|header from|upstream, client|to upstream|too big header|session not found"
    "|asked once more|without the upgrade|gracefully shutting down|defined to resolve"
    "|request was sent to|alert handshake|sent duplicate header"
)
"""Parts of what Nginx, OpenSSL, a client library or `diff` say, which stay as they are."""


def run_child(language: str, *words: str, stdin: bytes = b"") -> bytes:
    """What `conclusions` prints in a child process with this language."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.messages.conclusions", *words], input=stdin,
        env={**os.environ, VARIABLE: language}, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    return child.stdout


@cache
def concluded(language: str) -> dict[str, Any]:
    """The conclusions about all samples."""
    return json.loads(run_child(language))  # type: ignore[no-any-return]


def without_text(results: dict[str, Any]) -> dict[str, Any]:
    """The results without the report for a terminal."""
    return {name: {**result, "text": ""} for name, result in results.items()}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_is_concluded_is_the_same_in_every_language(language: str) -> None:
    assert without_text(concluded(language)) == without_text(concluded("en"))


@pytest.mark.slow
@pytest.mark.parametrize(("writer", "reader"), [("en", "zh_CN"), ("zh_CN", "en")])
def test_a_case_file_of_another_language_leads_to_the_same_conclusion(
    writer: str, reader: str
) -> None:
    opened = run_child(reader, "open", stdin=run_child(writer, "save"))
    own = run_child(writer, "open", stdin=run_child(writer, "save"))
    assert without_text(json.loads(opened)) == without_text(json.loads(own))


def shown_lines(language: str) -> list[str]:
    """The lines of all reports but those of configs and diffs, which are as they were written."""
    lines = (
        line for result in concluded(language).values() for line in result["text"].splitlines()
    )
    return [line for line in lines if not re.match(r"    [^ ].*[;{}]$|    [-+@ ]", line)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_report_is_wider_than_a_terminal(language: str) -> None:
    lines = shown_lines(language)
    assert [line for line in lines if width(line) > 80 and not re.search(r"\S{60}", line)] == []


_HAN = "[\u4e00-\u9fff\uff08-\uff1b]"
_ENGLISH_JOINT = re.compile(rf"{_HAN}[,;:.](?: |$)|[,;] {_HAN}|[a-z]\. {_HAN}")
"""A comma, semicolon, colon or full stop of English between Chinese parts of a sentence."""


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_parts_of_a_sentence_are_joined_as_in_its_language(language: str) -> None:
    assert [line for line in shown_lines(language) if _ENGLISH_JOINT.search(line)] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_sentence_of_a_report_is_left_in_english(language: str) -> None:
    left = [line for line in shown_lines(language) if _ENGLISH.search(line)]
    assert [line for line in left if not _QUOTED.search(line)] == []
