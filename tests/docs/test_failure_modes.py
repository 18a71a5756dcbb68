"""The failure modes' pages: the index is current, and a page reads the same as `explain`."""

import re
from dataclasses import replace

import pytest

from tests.docs.failure_modes import INDEX, TEXTS, current_index, index
from wizard.cli.explain import format_rule_text
from wizard.diagnose.rules import Rule, all_rules


def test_the_index_in_the_repository_is_current() -> None:
    assert INDEX.read_text("utf-8") == current_index(), "run `make docs` and commit"


def test_the_index_is_the_only_generated_page() -> None:
    assert [path.name for path in INDEX.parent.iterdir()] == [INDEX.name]


@pytest.fixture(params=all_rules(), ids=lambda rule: rule.id)
def rule(request: pytest.FixtureRequest) -> Rule:
    rule: Rule = request.param
    return rule


def page(rule: Rule) -> str:
    return (TEXTS / f"{rule.id.replace('-', '_')}.md").read_text("utf-8")


def test_explain_prints_the_words_of_the_page(rule: Rule) -> None:
    markdown = re.sub(r"^(#+|-) ", "", page(rule), flags=re.MULTILINE)
    links = re.sub(r"<(https://\S+)>", r"\1", markdown)
    assert format_rule_text(rule.text).split() == links.split()


def test_nothing_in_a_page_is_markup_by_accident(rule: Rule) -> None:
    """`explain` prints the text as it is, so nothing but code may be markup."""
    prose = " ".join([rule.title, *(text for _, texts in rule.text.sections for text in texts)])
    assert prose.count("`") % 2 == 0
    assert not re.search(r"[*<\[\\]", re.sub(r"`[^`]*`", "", prose))


def test_the_index_names_each_rule_once(rule: Rule) -> None:
    assert index(all_rules(), {}).count(f"| [{rule.id}](") == 1
    assert f"/wizard/diagnose/rules/{rule.id.replace('-', '_')}.md)" in index([rule], {})


def test_the_index_names_the_scenarios_that_show_a_rule(rule: Rule) -> None:
    assert "ssewizard lab" not in index([rule], {})
    text = index([rule], {rule.id: ["first", "second"]})
    assert "`ssewizard lab first`, `ssewizard lab second`" in text


def test_a_title_cannot_break_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = all_rules()[0]
    text = replace(rule.text, title="x | y")
    monkeypatch.setattr("wizard.diagnose.rule.read_rule_text", lambda id: text)
    assert r"x \| y" in index([rule], {})
