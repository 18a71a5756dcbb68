"""Error pages that hide the status of the backend."""

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose

CONF = "server {{ listen 8081; location / {{ proxy_pass http://127.0.0.1:12213; {} }} }}"
INTERCEPTS = "proxy_intercept_errors on;"


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (f"{INTERCEPTS} error_page 404 =200 /x.html;", "404"),
        (f"{INTERCEPTS} error_page 401 404 = /x.html;", "401, 404"),
        ("error_page 404 502 =200 /x.html;", "502"),
        (f"{INTERCEPTS} error_page 404 /x.html;", ""),
        ("error_page 404 =200 /x.html;", ""),
    ],
)
def test_a_page_that_may_hide_a_status_is_noted(lines: str, codes: str) -> None:
    case = make_case(proxy="html", direct="404", conf=CONF.format(lines))
    notes = [note for note in diagnose(case).notes if "may stand for another status" in note]
    assert [f"answers {codes} with /x.html" in note for note in notes] == [True] * bool(codes)
