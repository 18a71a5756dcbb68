"""A stream of which Nginx, by its own log, passed nothing on, though its config delivers it."""

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.next_step import next_step
from wizard.model.case import Case

LEFT = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x"'


def case_of(address: str, line: str = LEFT) -> Case:
    conf = f"server {{ listen 8081; location / {{ proxy_pass http://{address}; %s }} }}"
    logged = make_log_line(line, client="sse-proxy h1 identity")
    conf %= "proxy_http_version 1.1; proxy_buffering off;"
    return make_case(proxy="held", direct="live", conf=conf, logs=(logged,))


def test_what_answers_at_another_address_may_hold_it() -> None:
    case = case_of("127.0.0.1:6081")
    diagnosis = diagnose(case)
    assert [(each.id, each.confidence) for each in diagnosis.causes] == [
        ("outer-proxy-buffers", "possible")
    ]
    assert "127.0.0.1:6081" in diagnosis.causes[0].fix.summary
    assert "127.0.0.1:6081" in next_step(case)


@pytest.mark.parametrize(
    "case",
    [
        case_of("127.0.0.1:12213"),
        case_of("inner:6081"),
        case_of("127.0.0.1:6081", f'{LEFT} 200 0.001 rt=2.0 us="200"'),
    ],
    ids=["the-direct-address", "perhaps-it", "it-had-answered"],
)
def test_nobody_is_named_where_nothing_shows_another_proxy(case: Case) -> None:
    named = [each.fix.summary for each in diagnose(case).causes if each.fix.where == "outer-proxy"]
    assert named == []
