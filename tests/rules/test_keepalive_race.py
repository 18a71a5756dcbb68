"""Kept connections that the backend closes: which lines and which configs show it."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.history import error_line, ingress_line
from tests.rules.samples.keepalive_race import CLOSED, CONF, served
from wizard.model.case import Case

KEEPALIVE, HEADER = "keepalive 8;", 'proxy_set_header Connection "";'
AT_ONCE = ingress_line(502, 0.002)
WHILE_READING = error_line("upstream prematurely closed connection while reading upstream")
GET = error_line(
    "upstream prematurely closed connection while reading response header from upstream", "GET /sse"
)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (served(CONF, CLOSED, AT_ONCE), "likely"),
        (served(CONF, CLOSED), "possible"),
        (served(CONF, CLOSED, AT_ONCE, ingress_line(502, 12.0)), None),
        (served(CONF, WHILE_READING), None),
        (served(CONF, GET, ingress_line(502, 0.002, "GET /sse")), None),
        (served(CONF.replace(KEEPALIVE, ""), CLOSED, AT_ONCE), None),
        (served(CONF.replace(KEEPALIVE, ""), CLOSED, AT_ONCE, version="1.31.3"), "likely"),
        (served(CONF.replace(KEEPALIVE, "keepalive 0;"), CLOSED, AT_ONCE, version="1.31.3"), None),
        (served(CONF.replace(HEADER, ""), CLOSED, AT_ONCE), None),
        (served(CONF.replace("1.1", "1.0"), CLOSED, AT_ONCE), None),
        (served(CONF.replace("//bot", "//127.0.0.1:12213"), CLOSED, AT_ONCE), None),
        (replace(served(CONF, CLOSED, AT_ONCE), proxy=()), None),
    ],
)
def test_how_sure_it_is(case: Case, expected: str | None) -> None:
    assert confidence_of("keepalive-race", case) == expected
