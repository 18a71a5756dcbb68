"""The Markdown report: its parts, and no markup from hostile text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.results import RECOMMENDATION, SECRET, fault, healthy, hostile, inconclusive
from wizard.report import Result
from wizard.report.markdown import _code, _fenced, escape_markup, markdown_report

MAKERS = [fault, healthy, inconclusive]
MARKUP = st.text(st.one_of(st.sampled_from("`|\\*[]()<>!~\n\r\t\x1b "), st.characters()))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_the_report_has_all_parts(maker: type[Result]) -> None:
    result: Result = maker()  # type: ignore[call-arg]
    text = markdown_report(result)
    assert text.startswith(f"# {result.diagnosis.verdict}: ")
    assert "| proxy | fault |" in text or "| proxy | ok |" in text
    assert "\n\n\n" not in text
    assert ("```diff\n" in text) == (result.recommendation is not None)


def test_the_diff_is_complete() -> None:
    assert f"```diff\n{RECOMMENDATION.diff}```" in markdown_report(fault())


def test_each_table_row_has_all_its_cells() -> None:
    rows = [line for line in markdown_report(hostile()).splitlines() if line.startswith("|")]
    assert rows
    counts = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert counts == {4, 6}


def test_hostile_text_is_not_markup() -> None:
    text = markdown_report(hostile())
    assert SECRET not in text
    assert "\x1b" not in text
    own = "<details><summary>Evidence</summary>\n", "\n</details>\n"
    assert all(text.count(line) == 1 for line in own)
    for line in own:
        text = text.replace(line, "")
    outside = re.sub(r"(`+)[^\n]*?\1", "", text)
    assert "&" in outside
    assert not re.search(r"(?<!\\)<[b/]", outside)
    assert not re.search(r"(?<!\\)\[[il]\]", outside)


def test_fences_open_and_close() -> None:
    """The fenced blocks are the block, the diff and the commands; none ends early."""
    open_fence, blocks = "", 0
    for line in markdown_report(hostile()).splitlines():
        fence = re.match(r"`{3,}", line)
        if open_fence and fence and len(fence[0]) >= len(open_fence) and line == fence[0]:
            open_fence = ""
        elif not open_fence and fence:
            open_fence, blocks = fence[0], blocks + 1
    assert (open_fence, blocks) == ("", 3)


@given(MARKUP)
def test_a_cell_has_no_markup(text: str) -> None:
    probe_result = escape_markup(text)
    assert "`" not in probe_result
    assert "\n" not in probe_result
    assert not re.search(r"[|<\[*]", re.sub(r"\\.", "", probe_result))


@given(MARKUP)
def test_text_cannot_end_a_code_span(text: str) -> None:
    assert not re.search("[`\n\r]", _code(text))


@given(MARKUP)
def test_text_cannot_end_a_fenced_block(text: str) -> None:
    fence, *inside, last = _fenced("nginx", text).split("\n")
    assert fence == f"{last}nginx"
    assert all(last not in line for line in inside)
