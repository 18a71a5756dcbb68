"""Filters that may hold a stream: which are named, how surely, and what speaks against them."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.samples.build import make_case, make_log_line, make_passed_line
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.probe_result import ProbeResult

CONF = """
http {{ server {{ listen 8081; location / {{
{} proxy_pass http://127.0.0.1:12213; proxy_http_version 1.1; }} }} }}
"""
OFF = "proxy_buffering off;"
LUA = "body_filter_by_lua_block { ngx.arg[1] = change(ngx.arg[1]) }"
COLLECTS = "body_filter_by_lua_block { ngx.arg[1] = nil }"


def held(lines: str, **changes: object) -> Case:
    return make_case(**({"proxy": "held", "direct": "live", "conf": CONF.format(lines)} | changes))  # type: ignore[arg-type]


def here(case: Case) -> Case:
    """The requests reach an address of this machine, where the config was read."""

    def at_home(result: ProbeResult) -> ProbeResult:
        return replace(result, timeline=replace(result.timeline, is_own_address=True))

    return replace(case, proxy=tuple(map(at_home, case.proxy)))


def passed_on(case: Case) -> Case:
    """The access log says that Nginx passed bytes on."""
    return replace(case, logs=(LogReport("access.log", (make_passed_line(),), 1),))


def kept_back(case: Case) -> Case:
    """The access log says that Nginx passed nothing on, though the backend had answered."""
    text = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x" 200 0.001'
    line = make_log_line(text, client="sse-proxy h1 identity")
    return replace(case, logs=(LogReport("access.log", (line,), 1),))


def behind(case: Case, header: str, value: str) -> Case:
    assert case.root is not None
    return replace(case, root=replace(case.root, headers=(*case.root.headers, (header, value))))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (held(LUA), "likely"),
        (held("js_body_filter a.change;"), "likely"),
        (kept_back(held(LUA)), "confirmed"),
        (passed_on(held(LUA)), None),
        (held(LUA, direct="held"), None),
        (held(LUA, proxy="live"), None),
        (held("ssi on;"), None),
        (held("coraza on;" + OFF), "likely"),
        (held("modsecurity on;" + OFF), "likely"),
        (held(COLLECTS + OFF), "likely"),
        (held(LUA + OFF), "possible"),  # measured to be live
        (held("coraza off;" + OFF), None),
        (held(OFF), None),
        (behind(held("coraza on;" + OFF), "via", "1.1 varnish"), "possible"),
        (passed_on(held("coraza on;" + OFF)), None),
        (passed_on(here(held("coraza on;" + OFF))), "likely"),
    ],
)
def test_how_sure_it_is(case: Case, expected: str | None) -> None:
    assert confidence_of("response-filter", case) == expected


def test_buffering_is_not_named_beside_the_filter() -> None:
    assert [cause.id for cause in diagnose(held(LUA)).causes] == ["response-filter"]


def test_a_log_that_contradicts_is_said() -> None:
    [cause] = diagnose(passed_on(here(held("coraza on;" + OFF)))).causes
    assert "is it the log of this one?" in cause.distinguishes
