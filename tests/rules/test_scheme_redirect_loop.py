"""A URL that redirects to itself: what is said with the backend's answers, and without."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case, FollowUpResult
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

URL = "https://mcp.example/sse"
HEADERS = ("Host: mcp.example", "X-Forwarded-Proto: https")


def loop(to: str = URL, url: str = URL, asked: int = 0) -> Case:
    case = make_case(proxy=f"redirect:{to}", direct=f"redirect:{to}", url=url)
    if not asked:
        return case
    probe = Probe("follow-up-direct", "http://127.0.0.1:12213/sse", host="mcp.example")
    answer = Timeline(probe, status=asked, http="1.1", headers_s=0.003)
    result = FollowUpResult("redirect-forwarded", answer, "asked as a proxy", headers=HEADERS)
    return replace(case, follow_ups=(result,))


@pytest.mark.parametrize(
    ("case", "confidence"),
    [
        (loop(), "likely"),
        (loop("/sse"), "likely"),
        (loop(asked=200), "confirmed"),
        (loop(asked=401), "confirmed"),
        (loop(asked=301), "likely"),
        (loop(asked=502), "likely"),
    ],
    ids=["alone", "relative", "served", "asks-for-a-token", "redirected-again", "an-error"],
)
def test_a_url_that_redirects_to_itself(case: Case, confidence: str) -> None:
    cause = diagnose(case).causes[0]
    assert (cause.id, cause.title) == ("scheme-redirect", "The URL redirects to itself")
    assert cause.confidence == confidence
    assert (", ".join(HEADERS) in cause.fix.summary) == (confidence == "confirmed")


def test_a_cookie_makes_the_next_request_another_one() -> None:
    case = loop()
    proxy = tuple(
        replace(
            each,
            timeline=replace(
                each.timeline, headers=(*each.timeline.headers, ("set-cookie", "seen=1"))
            ),
        )
        for each in case.proxy
    )
    assert diagnose(replace(case, proxy=proxy)).causes == ()


@pytest.mark.parametrize("case", [loop("/login"), loop("http://a/sse", url="http://a/sse")])
def test_other_redirects_are_no_such_loop(case: Case) -> None:
    assert "The URL redirects to itself" not in [cause.title for cause in diagnose(case).causes]
