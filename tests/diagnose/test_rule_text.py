"""The reader of the rules' Markdown files is strict."""

import pytest

from wizard.diagnose.rule_text import HEADINGS, parse_rule_text, read_rule_text

PAGE = """# some-rule: Something is wrong

## What it is

One paragraph
of two lines.

And another.

## Why it hurts

Impact.

## What shows it

Symptoms.

## The fix

Fix.

## What does not help

Myths.

## References

- <https://example.org/a>
- <https://example.org/b>
"""


def test_a_page_is_read() -> None:
    text = parse_rule_text(PAGE, "some_rule.md")
    assert (text.id, text.title) == ("some-rule", "Something is wrong")
    assert text.description == ("One paragraph of two lines.", "And another.")
    assert (text.impact, text.symptoms) == (("Impact.",), ("Symptoms.",))
    assert (text.fix, text.myths) == (("Fix.",), ("Myths.",))
    assert text.references == ("https://example.org/a", "https://example.org/b")
    assert [heading for heading, _ in text.sections] == list(HEADINGS[:-1])


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_missing_heading_is_an_error(heading: str) -> None:
    with pytest.raises(ValueError, match=f"some_rule.md: .*missing: {heading}; unknown: Other"):
        parse_rule_text(PAGE.replace(f"## {heading}\n", "## Other\n"), "some_rule.md")


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_that_stands_twice_is_an_error(heading: str) -> None:
    with pytest.raises(ValueError, match=f"twice: {heading}"):
        parse_rule_text(f"{PAGE}\n## {heading}\n\nText.\n", "some_rule.md")


def test_an_unknown_heading_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing: The fix; unknown: The Fix"):
        parse_rule_text(PAGE.replace("The fix", "The Fix"), "some_rule.md")


def test_another_order_of_headings_is_an_error() -> None:
    swapped = PAGE.replace("What it is", "-").replace("Why it hurts", "What it is")
    with pytest.raises(ValueError, match="another order"):
        parse_rule_text(swapped.replace("## -", "## Why it hurts"), "some_rule.md")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Fix.", "", "no text below '## The fix'"),
        ("# some-rule: ", "# ", "must begin with"),
        ("# some-rule", "Preface\n# some-rule", "must begin with"),
        ("- <https://example.org/a>", "- https://example.org/a", "a reference must read"),
        ("- <https://example.org/a>", "- <http://example.org/a>", "a reference must read"),
    ],
)
def test_what_does_not_fit_the_form_is_an_error(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_rule_text(PAGE.replace(old, new), "some_rule.md")


def test_an_empty_file_is_an_error() -> None:
    with pytest.raises(ValueError, match="must begin with"):
        parse_rule_text("", "some_rule.md")


def test_a_file_is_read_once() -> None:
    assert read_rule_text("proxy-buffering-hold") is read_rule_text("proxy-buffering-hold")


def test_a_rule_without_a_file_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="missing beside its rule"):
        read_rule_text("no-such-rule")
