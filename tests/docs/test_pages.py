"""The reference pages say what the rules say, and are well-formed whatever the rules say."""

import re
from dataclasses import replace

import pytest

from tests.docs.made import PLACE, made
from wizard.cli.explain import explained
from wizard.diagnose.rules import Rule, all_rules
from wizard.report.reference_pages import index, page

HEADINGS = ["What it is", "Why it hurts", "What shows it", "The fix", "What does not help"]


def test_the_pages_in_the_repository_are_those_of_the_rules() -> None:
    written = {path.name: path.read_text("utf-8") for path in sorted(PLACE.glob("*"))}
    expected = made()
    drifted = sorted(name for name in expected | written if written.get(name) != expected.get(name))
    assert not drifted, f"run `make docs` and commit: {', '.join(drifted)}"


@pytest.fixture(params=all_rules(), ids=lambda rule: rule.id)
def rule(request: pytest.FixtureRequest) -> Rule:
    found: Rule = request.param
    return found


def test_a_page_holds_all_that_explain_says(rule: Rule) -> None:
    text = page(rule)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        *HEADINGS,
        "References",
    ]
    said = set(re.findall(r"\w+", explained(rule)))
    assert not said - set(re.findall(r"\w+", text))


def test_the_index_names_each_once(rule: Rule) -> None:
    assert index(all_rules()).count(f"]({rule.id}.md)") == 1


def test_a_scenario_that_shows_it_is_named(rule: Rule) -> None:
    assert "ssewizard lab" not in page(rule)
    assert "ssewizard lab one\nssewizard lab two" in page(rule, ["one", "two"])


def test_no_text_becomes_markup_and_code_stays_code() -> None:
    rule = replace(all_rules()[0], what="a <b> *c* [d](e) `<f> *g*`", title="x | y")
    assert r"a \<b> \*c\* \[d](e) `<f> *g*`" in page(rule)
    assert r"x \| y" in index([rule])
