"""Text made safe to show: no control sequence, and nothing else changed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.text.display import (
    clauses,
    clip,
    comma_list,
    labelled,
    safe,
    seconds,
    sentences,
    visible,
    visible_block,
)
from wizard.text.messages import plural

UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x00\x07\x1b\x7f\x85\x90\x9b\x9d\r\n\t\u202e\u2066\u2028\ufeff\ud800\udc80"
        ),
    )
)


def controls(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) in UNSAFE_CATEGORIES}


@given(ANY_TEXT)
def test_visible_is_one_line_without_controls(text: str) -> None:
    assert not controls(visible(text))


@given(ANY_TEXT, st.integers(1, 20))
def test_safe_is_one_line_without_controls_at_any_limit(text: str, limit: int) -> None:
    assert not controls(safe(text, limit))


@given(ANY_TEXT)
def test_a_block_has_line_ends_and_no_other_control(text: str) -> None:
    assert controls(visible_block(text)) <= {"\n"}
    assert controls(visible_block(text, tabs=True)) <= {"\n", "\t"}


@given(ANY_TEXT)
def test_a_block_keeps_its_lines(text: str) -> None:
    """A form feed or U+2028 must not become a line end: in a diff it would be a line of its own."""
    assert visible_block(text).count("\n") == (text.removesuffix("\n").count("\n") + bool(text))


@given(ANY_TEXT)
def test_visible_text_can_be_encoded(text: str) -> None:
    visible(text).encode("utf-8")


@given(ANY_TEXT)
def test_safe_characters_are_kept_up_to_the_limit(text: str) -> None:
    kept = "".join(char for char in text if unicodedata.category(char) not in UNSAFE_CATEGORIES)
    kept = "".join(char for char in kept if ord(char) & 0xFFFE != 0xFFFE)  # XML cannot hold these
    shown = visible(text, len(text) + 1)
    for char in kept:
        assert char in shown


def test_controls_are_shown_as_escapes() -> None:
    assert visible("a\x1b[2J\r\n\t\x9b\u202e") == "a\\e[2J\\r\\n\\t\\u{9b}\\u{202e}"


def test_a_cut_is_shown() -> None:
    assert visible("x" * 30, 10) == "x" * 10 + "… (20 more)"
    assert safe("x" * 30, 10).startswith("x" * 10 + "…")
    assert visible("x" * 10, 10) == "x" * 10


def test_a_cut_before_the_redaction_is_shown() -> None:
    assert safe("token=" + "x" * 36 + " and more", 10) == "token=[red… (8 more)"
    assert safe("a Bearer " + "x" * 200, 20).endswith("…")


def test_a_block_for_crlf_and_tabs() -> None:
    assert visible_block("a\r\n\tb\r\n") == "a\n    b\n"
    assert visible_block("-\ta\x1b\n", tabs=True) == "-\ta\\e\n"
    assert visible_block("") == ""


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


def test_a_count_has_its_noun_in_singular_or_plural() -> None:
    assert [plural(count, "line") for count in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]


def test_lists_and_sentences_are_joined_as_in_english() -> None:
    assert comma_list(["a", "b"]) == "a, b"
    assert clauses(["one", "two"]) == "one; two"
    assert sentences(["One.", "", "Two.", "Three."]) == "One. Two. Three."
    assert sentences([]) == ""
    assert labelled("cause", "none") == "cause: none"
