"""Error pages that may hide the status of the backend, or of Nginx itself."""

import pytest

from tests.rules.checks import finding_of
from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.model.log_report import LogLine
from wizard.recommend import recommend

CONF = "http {{ server {{ listen 8081; location / {{ proxy_pass http://127.0.0.1:12213; {} }} }} }}"
INTERCEPTS = "proxy_intercept_errors on;"
DEAD = make_log_line(
    "2026/11/23 15:23:37 [error] 7#7: *1 connect() failed (111: Connection refused) while "
    'connecting to upstream, client: ::1, request: "GET /sse HTTP/1.1", upstream: '
    '"http://127.0.0.1:12213/sse"'
)


@pytest.mark.parametrize(
    ("lines", "direct", "expected"),
    [
        (f"{INTERCEPTS} error_page 404 =200 /x.html;", "404", "confirmed"),
        (f"{INTERCEPTS} error_page 401 404 = /x.html;", "401", "confirmed"),
        (f"{INTERCEPTS} error_page 404 =200 /x.html;", "500", None),
        (f"{INTERCEPTS} error_page 404 /x.html;", "404", None),
        ("error_page 404 =200 /x.html;", "404", None),
        (f"{INTERCEPTS} error_page 404 =200 /x.html;", "html", None),
        ("error_page 404 502 =200 /x.html;", "live", "possible"),
        ("error_page 404 =200 /x.html;", "live", None),
        (f"{INTERCEPTS} error_page 404 =302 /x.html;", "404", None),
    ],
)
def test_how_sure_it_is(lines: str, direct: str, expected: str | None) -> None:
    finding = finding_of(
        "error-page-masks", make_case(proxy="html", direct=direct, conf=CONF.format(lines))
    )
    assert (finding and finding.confidence) == expected


def test_the_log_shows_an_error_of_nginx_itself() -> None:
    conf = CONF.format("error_page 502 504 =200 /x.html;")
    finding = finding_of(
        "error-page-masks", make_case(proxy="html", direct="live", conf=conf, logs=(DEAD,))
    )
    assert finding is not None
    assert finding.confidence == "confirmed"
    assert "Nginx answers 502" in finding.distinguishes
    assert finding.title == "Nginx cannot reach the backend, and an error page hides it"
    conf = CONF.format("error_page 504 =200 /x.html;")
    finding = finding_of(
        "error-page-masks", make_case(proxy="html", direct="live", conf=conf, logs=(DEAD,))
    )
    assert finding is not None
    assert finding.confidence == "possible"


@pytest.mark.parametrize(
    ("proxy", "passed", "logs", "expected"),
    [
        ("cut", "127.0.0.1:12213", (DEAD,), "confirmed"),
        ("cut", "127.0.0.1:12213", (), None),
        ("live", "127.0.0.1:12213", (DEAD,), None),
        ("cut", "two", (DEAD,), None),
        ("cut", "127.0.0.1:12214", (DEAD,), None),
    ],
    ids=["logged", "no log", "live", "the next peer may have answered", "another upstream"],
)
def test_the_error_page_may_be_an_event_stream(
    proxy: str, passed: str, logs: tuple[LogLine, ...], expected: str | None
) -> None:
    """`error_page 502 =200 /retry.txt`, whose text asks an EventSource to come back."""
    conf = CONF.format("error_page 502 =200 /retry.txt;").replace("127.0.0.1:12213", passed)
    pool = "http { upstream two { server 127.0.0.1:12213; server 127.0.0.1:12214; } "
    case = make_case(proxy=proxy, direct="live", conf=conf.replace("http { ", pool, 1), logs=logs)
    finding = finding_of("error-page-masks", case)
    assert (finding and finding.confidence) == expected


def test_what_the_log_says_has_to_be_mended_by_hand() -> None:
    conf = CONF.format("error_page 502 =200 /x.html;")
    case = make_case(proxy="html", direct="live", conf=conf, logs=(DEAD,))
    recommendation = recommend(case, diagnose(case))
    assert recommendation is not None
    assert "could not connect to 127.0.0.1:12213" in " ".join(recommendation.adapt)
