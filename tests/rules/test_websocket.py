"""websocket-upgrade-missing: how sure it is, what refutes it, and what is to be set."""

from dataclasses import replace

import pytest

from tests.rules.checks import finding_of
from tests.rules.samples.build import PROXY_URL, make_case, resolve
from tests.rules.samples.websocket_upgrade_missing import (
    CONF,
    PASSING,
    answer,
    opened,
    websocket_case,
)
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.request_difference import AS_SENT
from wizard.diagnose.facts.upgrades import sent_upgrade
from wizard.diagnose.upgrade_settings import connection_header, upgraded
from wizard.model.case import Case, FollowUpResult
from wizard.model.upgrades import NO_UPGRADE

ID = "websocket-upgrade-missing"
NGINX_PAGE = "<hr><center>nginx</center>"
REFUSED, OPEN = answer(426), opened()

CASES: dict[str, tuple[Case, str]] = {
    "measured, and read": (websocket_case(REFUSED, OPEN, without_upgrade=426), "confirmed"),
    "a page of the application": (
        websocket_case(answer(200), OPEN, without_upgrade=200), "confirmed"
    ),
    "refused as any other request": (
        websocket_case(answer(403), OPEN, without_upgrade=403), "confirmed"
    ),
    "read, and not measured": (websocket_case(REFUSED, OPEN), "likely"),
    "read, without a direct URL": (websocket_case(answer(400), None), "likely"),
    "read, and answered otherwise": (
        websocket_case(answer(505), OPEN, without_upgrade=426), "likely"
    ),
    "measured, without a config": (
        websocket_case(REFUSED, OPEN, "", without_upgrade=426), "likely"
    ),
    "measured, and passed on by the config": (
        websocket_case(REFUSED, OPEN, PASSING, without_upgrade=426), "likely"
    ),
    "neither": (websocket_case(REFUSED, OPEN, ""), "possible"),
    "the URL alone": (websocket_case(REFUSED, None, ""), "possible"),
    "the URL alone, and an answer to anything": (websocket_case(answer(400), None, ""), ""),
    "refused directly too": (websocket_case(REFUSED, answer(426, name="sse-direct")), ""),
    "no credentials": (websocket_case(answer(401), OPEN, without_upgrade=426), ""),
    "no backend": (websocket_case(answer(502), OPEN, without_upgrade=426), ""),
    "a page of Nginx": (websocket_case(answer(404, NGINX_PAGE), OPEN, without_upgrade=404), ""),
    "passed on": (websocket_case(answer(400), OPEN, PASSING, without_upgrade=426), ""),
    "open": (websocket_case(opened("sse-proxy"), OPEN), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_how_sure_it_is(name: str) -> None:
    case, confidence = CASES[name]
    finding = finding_of(ID, case)
    assert (finding.confidence if finding else "") == confidence


def test_where_the_config_passes_it_on_nginx_need_not_be_changed() -> None:
    finding = finding_of(ID, CASES["measured, and passed on by the config"][0])
    assert finding is not None
    assert finding.fix.where == "outer-proxy"


def test_only_what_was_measured_is_said() -> None:
    for name in ("read, without a direct URL", "the URL alone"):
        finding = finding_of(ID, CASES[name][0])
        assert finding is not None
        assert "for the direct request" not in finding.distinguishes
    finding = finding_of(ID, CASES["read, without a direct URL"][0])
    assert finding is not None
    assert "not measured whether the WebSocket opens without the proxy" in finding.distinguishes


def test_nothing_that_holds_a_stream_is_named() -> None:
    """The request without the upgrade may be answered by a stream, which is held."""
    silent = replace(answer(200), status=None, headers_s=None, ended="open", waited_s=9.0)
    case = websocket_case(silent, OPEN, CONF)
    assert case.proxy[0].outcome == "held"
    assert {cause.id for cause in diagnose(case).causes} <= {ID}


def test_a_stream_that_is_held_in_place_of_the_websocket_is_possible() -> None:
    silent = replace(answer(200), status=None, headers_s=None, ended="open", waited_s=9.0)
    case = websocket_case(silent, OPEN, "")
    assert finding_of(ID, case) is None
    stream = make_case(proxy="live", direct="live").direct[0].timeline
    sent = FollowUpResult(NO_UPGRADE, stream, "without the upgrade")
    finding = finding_of(ID, replace(case, follow_ups=(sent,)))
    assert finding is not None
    assert finding.confidence == "possible"
    assert "with a stream" in finding.distinguishes


def test_an_unknown_version_leaves_the_default_open() -> None:
    conf = PASSING.replace("proxy_http_version 1.1;", "")
    unknown = sent_upgrade(resolve(conf, PROXY_URL, None))
    assert unknown is not None
    assert (unknown.losses, unknown.is_decided) == ((), False)
    assert unknown.doubt is not None
    assert "the default before 1.29.7" in unknown.doubt.text
    old = sent_upgrade(resolve(conf, PROXY_URL, "1.22.1"))
    assert old is not None
    assert (len(old.losses), old.doubt, old.is_decided) == (1, None, True)
    new = sent_upgrade(resolve(conf, PROXY_URL, "1.31.3"))
    assert new is not None
    assert (new.losses, new.doubt, new.is_decided) == ((), None, True)


def test_an_origin_needs_no_cors_header() -> None:
    case = websocket_case(opened("sse-proxy"), OPEN, PASSING)
    headers = (("Origin", "https://shop.example"),)
    diagnosis = diagnose(replace(case, target=replace(case.target, headers=headers)))
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


def test_the_request_as_nginx_passes_it_on_confirms_it() -> None:
    """The backend answers HTTP/1.0 otherwise than HTTP/1.1 without the upgrade."""
    case = websocket_case(answer(505), OPEN, without_upgrade=426)
    sent = FollowUpResult(AS_SENT, answer(505), "the direct GET", likeness="alike")
    finding = finding_of(ID, replace(case, follow_ups=(*case.follow_ups, sent)))
    assert finding is not None
    assert finding.confidence == "confirmed"


MAPS = {
    "": ("connection_upgrade", True),
    "map $http_upgrade $up { default upgrade; '' ''; }": ("up", False),
    "map $http_upgrade $up { websocket Upgrade; default ''; }": ("up", False),
    "map $http_upgrade $up { default upgrade; '' keep-alive; }": ("up", False),
    "map $http_upgrade $up { default upgrade; '' close; }": ("connection_upgrade", True),
    "map $http_upgrade $up { default upgrade; }": ("connection_upgrade", True),
    "map $http_upgrade $connection_upgrade { default upgrade; '' close; }": (
        "connection_upgrade1", True,
    ),
    "map $uri $connection_upgrade { default upgrade; }": ("connection_upgrade1", True),
}  # fmt: skip


@pytest.mark.parametrize("http", MAPS)
def test_a_map_that_is_right_is_used_again(http: str) -> None:
    variable, is_new = MAPS[http]
    case = websocket_case(REFUSED, OPEN, http + CONF)
    changes = upgraded(case, case.resolution)
    assert f"proxy_set_header Connection ${variable};" in [change.text for change in changes]
    assert [change.value for change in changes if change.name == "map"] == (
        [f"$http_upgrade ${variable}"] if is_new else []
    )


def test_a_header_by_a_map_that_passes_the_upgrade_on_stays() -> None:
    documented = PASSING.replace("'' '';", "'' close;").replace("1.1", "1.0")
    case = websocket_case(REFUSED, OPEN, documented)
    names = [change.text.split()[:2] for change in upgraded(case, case.resolution)]
    assert ["proxy_http_version", "1.1;"] in names
    assert ["proxy_set_header", "Connection"] not in names
    assert not [name for name in names if name[0] == "map"]


def test_no_other_module_can_pass_an_upgrade_on() -> None:
    conf = CONF.replace("proxy_pass http://127.0.0.1:12213", "uwsgi_pass 127.0.0.1:12213")
    assert upgraded(websocket_case(REFUSED, OPEN, CONF), resolve(conf, PROXY_URL)) == ()


@pytest.mark.parametrize(
    ("conf", "text"),
    [(CONF, "proxy_set_header Connection '';"),
     (PASSING, "proxy_set_header Connection $connection_upgrade;")],
)  # fmt: skip
def test_the_connection_header_of_a_stream_keeps_websockets(conf: str, text: str) -> None:
    changes = connection_header(resolve(conf, PROXY_URL), "because")
    assert [change.text for change in changes] == [text]
