"""The HTML report: one page that needs nothing else, with hostile texts escaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.report.results import SECRET, fault, healthy, hostile, inconclusive
from tests.screens import investigations
from wizard.report import Result, render
from wizard.report.html import html_report
from wizard.report.html_timeline import Row, timelines_svg

MAKERS = [fault, healthy, inconclusive, hostile]
_VOID = {"meta"}


class Page(HTMLParser):
    """Collects the elements of a page and checks that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        assert self.open.pop() == tag


def fixed_page() -> str:
    """The page after a proven fix."""
    sample = investigations.fixed()
    assert sample.diagnosis is not None
    return render(
        "html",
        case=sample.case,
        diagnosis=sample.diagnosis,
        recommendation=sample.recommendation,
        steps=sample.steps,
        elapsed_s=2.0,
    )


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_a_page_is_well_formed_and_needs_nothing_else(maker: type[Result]) -> None:
    text = html_report(maker())  # type: ignore[call-arg]
    page = Page(text)
    assert not page.open
    assert not page.tags & {"script", "link", "img", "iframe", "a", "b", "object", "form"}
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "href", "style", "onload", "onclick"}
    assert "url(" not in text
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text


def test_hostile_text_is_escaped() -> None:
    text = html_report(hostile())
    assert SECRET not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)
    assert "&lt;/failure&gt;" in text


def test_both_themes_are_there() -> None:
    assert "prefers-color-scheme: dark" in html_report(fault())


def test_each_request_has_a_bar_with_its_result() -> None:
    text = html_report(fault())
    svg = text[text.index("<svg") : text.index("</svg>")]
    made = [each for each in (*fault().case.proxy, *fault().case.direct) if each.was_made]
    assert svg.count('<text x="0"') == len(made)
    for kind in ("connect", "wait", "data", "silence"):
        assert f'class="{kind}"' in svg


def test_a_fixed_page_shows_before_and_now() -> None:
    text = fixed_page()
    assert ">FIXED<" in text
    assert "proxy, before" in text
    assert "proxy, now" in text
    assert "proxy_buffering off;</span>" in text
    assert "proxy-buffering-hold" in text


@pytest.mark.parametrize("span_s", [0.001, 0.0079, 0.0081, 0.0095, 0.01, 0.5, 0.99, 1.0, 9.4, 85.0])
def test_the_scale_has_a_few_marks_whatever_its_length(span_s: float) -> None:
    timeline = replace(fault().case.proxy[0].timeline, waited_s=span_s, connect_s=None)
    drawn = timelines_svg([Row("proxy", replace(fault().case.proxy[0], timeline=timeline))])
    assert 3 <= drawn.count('class="axis"') <= 11
