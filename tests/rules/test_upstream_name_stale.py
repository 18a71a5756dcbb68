"""A name that leads elsewhere today: which configs and logs show it, and how surely."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.samples.build import make_log_line
from tests.rules.samples.upstream_name_stale import CONF, FAILED, by_name
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import Source

NOW, BEFORE = "10.0.0.9", "10.0.0.5"
PASSED = "proxy_pass http://bot.internal:12213;"
BLOCK = "http { upstream bot { zone bot 64k; server bot.internal:12213%s; } "
TRIED = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 404 9 "-" "x" %s:12213'
RESOLVED = CONF.replace("http { ", BLOCK % " resolve").replace("bot.internal:12213; }", "bot; }")


def elsewhere(case: Case) -> Case:
    """The config was read at another vantage than the direct probe's."""
    return replace(case, target=replace(case.target, conf=Source("nginx.conf", "web")))


def with_lines(case: Case, *addresses: str) -> Case:
    lines = tuple(make_log_line(FAILED % address) for address in addresses)
    return replace(case, logs=(LogReport("error.log", lines, len(lines)),))


def logged(*asked: str) -> Case:
    """Another application's 404, with the addresses that the access log has."""
    lines = tuple(make_log_line(TRIED % each, client="sse-proxy h1 identity") for each in asked)
    log = LogReport("access.log", lines, len(lines))
    return replace(by_name(NOW, "", proxy="404"), logs=(log,))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (by_name(NOW, BEFORE), "confirmed"),
        (by_name(NOW, BEFORE, CONF.replace(PASSED, PASSED + "proxy_next_upstream off;")), "likely"),
        (elsewhere(by_name(NOW, BEFORE)), "possible"),
        (by_name(NOW, ""), "possible"),
        (by_name(NOW, NOW), None),
        (with_lines(by_name(NOW, ""), BEFORE, NOW), None),  # the name has both
        (by_name(NOW, BEFORE, CONF.replace("bot.internal", "$host")), None),
        (by_name(NOW, BEFORE, CONF.replace("bot.internal", "10.0.0.5")), None),
        (by_name(NOW, BEFORE, CONF.replace("bot.internal", "other.internal")), None),
        (by_name(NOW, BEFORE, RESOLVED), None),
        (logged(BEFORE, BEFORE), "likely"),
        (logged(BEFORE), None),
        (logged(BEFORE, NOW), None),
        (logged("[fd00::5]", "[fd00::5]"), None),  # perhaps the same server
    ],
)
def test_how_sure_it_is(case: Case, expected: str | None) -> None:
    assert confidence_of("upstream-name-stale", case) == expected


def test_the_dead_address_is_not_named_beside_it() -> None:
    assert [cause.id for cause in diagnose(by_name(NOW, BEFORE)).causes] == ["upstream-name-stale"]
