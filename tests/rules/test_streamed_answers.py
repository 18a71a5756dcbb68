"""Answers to a POST that are streams: held, late, or on time."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.handshake import Exchange, Handshake, Side
from wizard.model.timeline import Timeline

STREAM = (("content-type", "text/event-stream"),)
CONF = """
http { server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } } }
"""


def answered(side: Side, at_s: float | None) -> Handshake:
    """Return a Streamable HTTP handshake answered after `at_s` seconds, or never."""
    handshake = make_handshake(side, transport="streamable-http", status=200)
    timeline = handshake.exchanges[0].timeline
    if at_s is None:
        timeline = replace(timeline, connect_s=0.001, status=None, headers_s=None, ended="timeout")
        handshake = replace(handshake, stage="initialize", why="no answer")
    else:
        timeline = replace(timeline, connect_s=0.001, headers=STREAM, first_event_s=at_s, events=1)
    return replace(handshake, exchanges=(Exchange("initialize", timeline),))


def post_case(at_s: float | None, conf: str = CONF) -> Case:
    """Return a case in which GET gets 405 and the backend answers a POST after 2 ms."""
    handshakes = (answered("proxy", at_s), answered("direct", 0.002))
    return make_case(proxy="405", direct="405", conf=conf, handshakes=handshakes)


@pytest.mark.parametrize("at_s", [None, 3.0], ids=["never", "late"])
def test_a_held_answer_is_a_fault(at_s: float | None) -> None:
    diagnosis = diagnose(post_case(at_s))
    assert diagnosis.verdict == "fault"
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("proxy-buffering-hold", "confirmed")
    ]


def test_an_answer_that_would_be_held_is_a_risk() -> None:
    diagnosis = diagnose(post_case(0.003))
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert "proxy-buffering-hold" in {risk.id for risk in diagnosis.risks}


@pytest.mark.parametrize("at_s", [None, 3.0, 0.003], ids=["never", "late", "at-once"])
def test_without_buffering_no_answer_is_held(at_s: float | None) -> None:
    unbuffered = CONF.replace("proxy_pass", "proxy_buffering off; proxy_pass")
    diagnosis = diagnose(post_case(at_s, unbuffered))
    ids = {finding.id for finding in (*diagnosis.causes, *diagnosis.risks)}
    assert "proxy-buffering-hold" not in ids


def test_without_the_config_a_held_answer_is_only_possible() -> None:
    case = replace(
        post_case(3.0),
        resolution=None,
        root_resolution=None,
        message_resolution=None,
        predictions=(),
    )
    diagnosis = diagnose(case)
    assert (diagnosis.verdict, diagnosis.causes[0].confidence) == ("inconclusive", "possible")


def test_another_backend_confirms_nothing() -> None:
    diagnosis = diagnose(post_case(None, CONF.replace("12213", "12999")))
    assert "confirmed" not in {cause.confidence for cause in diagnosis.causes}


def test_a_json_answer_is_not_held() -> None:
    json_answer = replace(answered("direct", 0.002).exchanges[0].timeline, headers=())
    plain = replace(answered("direct", 0.002), exchanges=(Exchange("initialize", json_answer),))
    case = replace(post_case(3.0), handshakes=(answered("proxy", 3.0), plain))
    assert diagnose(case).causes == ()
    assert isinstance(json_answer, Timeline)


def test_a_path_that_the_backend_does_not_know_is_no_lack_of_a_location() -> None:
    """`location /tools` with a slash after the address: the backend is asked for `//mcp`."""
    conf = CONF.replace("location /", "location /ss").replace("12213;", "12213/;")
    refused = make_handshake("proxy", transport="streamable-http", stage="initialize", status=404)
    handshakes = (refused, answered("direct", 0.002))
    case = make_case(proxy="404", direct="405", conf=conf, handshakes=handshakes)
    ids = {finding.id for finding in diagnose(case).causes}
    assert "message-path-unrouted" not in ids
