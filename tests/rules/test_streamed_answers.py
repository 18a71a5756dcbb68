"""Answers to a POST that are streams: held, late, or on time."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.handshake import Exchange, Handshake, Side
from wizard.model.timeline import Timeline
from wizard.recommend import recommend

STREAM = (("content-type", "text/event-stream"),)
CONF = """
http { server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } } }
"""


IGNORING = CONF.replace("proxy_pass", "proxy_ignore_headers X-Accel-Buffering; proxy_pass")
CHUNKED = IGNORING.replace("proxy_pass", "proxy_http_version 1.1; proxy_pass")
SIDES: tuple[Side, ...] = ("proxy", "direct")


def named(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnosis.causes]


def with_header(handshake: Handshake, value: str) -> Handshake:
    """The handshake, its answer with this X-Accel-Buffering."""
    exchange = handshake.exchanges[0]
    headers = (*exchange.timeline.headers, ("x-accel-buffering", value))
    timeline = replace(exchange.timeline, headers=headers)
    return replace(handshake, exchanges=(replace(exchange, timeline=timeline),))


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
    assert named(diagnosis) == [("proxy-buffering-hold", "confirmed")]


def test_connecting_over_a_far_link_makes_no_answer_late() -> None:
    handshake = answered("proxy", 0.7)
    timeline = replace(handshake.exchanges[0].timeline, connect_s=0.2, tls_s=0.6)
    far = replace(handshake, exchanges=(Exchange("initialize", timeline),))
    handshakes = (far, answered("direct", 0.002))
    case = make_case(proxy="405", direct="405", conf=CONF, handshakes=handshakes)
    assert named(diagnose(case)) == [("proxy-buffering-hold", "possible")]


def test_an_answer_that_would_be_held_is_not_called_healthy() -> None:
    diagnosis = diagnose(post_case(0.003))
    assert diagnosis.verdict == "inconclusive"
    assert named(diagnosis) == [("proxy-buffering-hold", "possible")]
    assert diagnosis.causes[0].title in diagnosis.summary


def test_an_answer_that_would_be_held_is_a_risk_beside_a_failing_session() -> None:
    case = post_case(0.003)
    failed = replace(case.handshakes[0], stage="tools", why="no answer")
    diagnosis = diagnose(replace(case, handshakes=(failed, case.handshakes[1])))
    assert "proxy-buffering-hold" in {risk.id for risk in diagnosis.risks}


@pytest.mark.parametrize(
    ("ignored", "at_s", "expected"),
    [
        (True, None, [("xab-ignored", "confirmed")]),
        (True, 3.0, [("xab-ignored", "confirmed")]),
        (True, 0.003, [("xab-ignored", "possible")]),
        (False, 0.003, []),
    ],
)
def test_an_answer_that_asks_for_no_buffering(
    ignored: bool, at_s: float | None, expected: list[tuple[str, str]]
) -> None:
    case = post_case(at_s, IGNORING if ignored else CONF)
    asking = with_header(case.handshakes[1], "no")
    assert named(diagnose(replace(case, handshakes=(case.handshakes[0], asking)))) == expected


def stateless_case(conf: str) -> Case:
    """Return a case of the revision of 2026-07-28 in which each answer is JSON."""
    json = (("content-type", "application/json"),)

    def handshake(side: Side) -> Handshake:
        done = make_handshake(side, transport="stateless", status=200)
        answer = replace(done.exchanges[0].timeline, connect_s=0.001, headers=json)
        return replace(done, exchanges=(Exchange("discover", answer), Exchange("tools", answer)))

    handshakes = (handshake("proxy"), handshake("direct"))
    return make_case(proxy="405", direct="405", conf=conf, handshakes=handshakes)


def test_a_stream_that_no_message_showed_is_not_called_healthy() -> None:
    diagnosis = diagnose(stateless_case(IGNORING))
    assert diagnosis.verdict == "inconclusive"
    assert named(diagnosis) == [("xab-ignored", "possible")]
    recommendation = recommend(stateless_case(IGNORING), diagnosis)
    assert recommendation is not None
    assert "proxy_buffering off;" in recommendation.block


@pytest.mark.parametrize(
    "conf",
    [CONF, IGNORING.replace("proxy_ignore", "proxy_buffering off; proxy_ignore"), CHUNKED],
    ids=["header-followed", "unbuffered", "in-chunks"],
)
def test_an_unseen_stream_that_is_not_held_accuses_nobody(conf: str) -> None:
    diagnosis = diagnose(stateless_case(conf))
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


def test_a_live_stream_refutes_that_this_config_holds_answers() -> None:
    """The same path is live by GET, where the config says that everything is held."""
    held = stateless_case(IGNORING)
    live = make_case(proxy="live", direct="live", conf=IGNORING, handshakes=held.handshakes)
    assert named(diagnose(live)) == []


def test_a_server_that_answers_json_to_initialize_streams_nothing() -> None:
    handshakes = tuple(
        make_handshake(side, transport="streamable-http", status=200) for side in SIDES
    )
    case = make_case(proxy="405", direct="405", conf=IGNORING, handshakes=handshakes)
    assert (diagnose(case).verdict, named(diagnose(case))) == ("healthy", [])


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


@pytest.mark.parametrize("has_config", [True, False])
def test_without_a_config_it_is_said_that_no_stream_was_seen(has_config: bool) -> None:
    case = stateless_case(CONF)
    if not has_config:
        case = replace(case, resolution=None, message_resolution=None, predictions=())
    diagnosis = diagnose(case)
    assert diagnosis.verdict == "healthy"
    noted = any("progress messages" in note for note in diagnosis.notes)
    assert noted is not has_config
