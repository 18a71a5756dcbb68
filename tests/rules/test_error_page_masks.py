"""Error pages that may hide the status of the backend, or of Nginx itself."""

import pytest

from tests.rules.checks import finding_of
from tests.rules.samples.build import make_case, make_log_line

CONF = "http {{ server {{ listen 8081; location / {{ proxy_pass http://127.0.0.1:12213; {} }} }} }}"
INTERCEPTS = "proxy_intercept_errors on;"
DEAD = make_log_line(
    "2026/11/23 15:23:37 [error] 7#7: *1 connect() failed (111: Connection refused) while "
    'connecting to upstream, client: ::1, request: "GET /sse HTTP/1.1"'
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
    assert "answers 502 by itself" in finding.distinguishes
    conf = CONF.format("error_page 504 =200 /x.html;")
    finding = finding_of(
        "error-page-masks", make_case(proxy="html", direct="live", conf=conf, logs=(DEAD,))
    )
    assert finding is not None
    assert finding.confidence == "possible"
