"""The JUnit report: its failures and skips, and well-formed XML for any text."""

from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.results import SECRET, fault, healthy, hostile, inconclusive
from wizard.report import Result
from wizard.report.junit import junit_report
from wizard.text.display import safe


def suite_of(result: Result) -> Xml.Element:
    return Xml.fromstring(junit_report(result).encode())


@pytest.mark.parametrize(
    ("maker", "failed"),
    [
        (fault, {"sse-proxy", "verdict"}),
        (healthy, set()),
        (inconclusive, {"sse-proxy", "verdict"}),
        (hostile, {"sse-proxy", "verdict"}),
    ],
    ids=["fault", "healthy", "inconclusive", "hostile"],
)
def test_failed_checks_are_failures(maker: type[Result], failed: set[str]) -> None:
    suite = suite_of(maker())  # type: ignore[call-arg]
    cases = suite.findall("testcase")
    assert {case.get("name") for case in cases if case.find("failure") is not None} == failed
    assert suite.get("tests") == str(len(cases)) == "7"
    assert suite.get("failures") == str(len(failed))
    skipped = [case for case in cases if case.find("skipped") is not None]
    assert suite.get("skipped") == str(len(skipped))


def test_the_cause_is_named() -> None:
    failure = suite_of(fault()).find("testcase[@name='verdict']/failure")
    assert failure is not None
    assert failure.text == "proxy-buffering-hold (confirmed)"
    assert "buffers" in str(failure.get("message"))


def test_there_are_no_control_characters_or_secrets() -> None:
    text = junit_report(hostile())
    assert text.replace("\n", "").isprintable()
    assert SECRET not in text


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x00\x0b\x1b\ud800\ufffe\uffff<&\"'"))))
def test_any_text_is_valid_xml_after_escaping(text: str) -> None:
    element = Xml.Element("failure", message=safe(text))
    element.text = safe(text)
    back = Xml.fromstring(Xml.tostring(element, "unicode").encode())
    assert back.get("message") == (element.text or "")
