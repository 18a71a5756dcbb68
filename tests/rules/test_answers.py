"""An answer by POST that is a stream: held, late, or fine; on handshakes made by hand."""

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


def answered(side: Side, at: float | None) -> Handshake:
    """A Streamable HTTP handshake whose answer came then, or never."""
    hands = make_handshake(side, transport="streamable-http", status=200)
    line = hands.exchanges[0].timeline
    came = replace(line, connect_s=0.001, headers=STREAM, first_event_s=at, events=1)
    never = replace(line, connect_s=0.001, status=None, headers_s=None, ended="timeout")
    made = replace(hands, exchanges=(Exchange("initialize", came if at is not None else never),))
    return made if at is not None else replace(made, stage="initialize", why="no answer")


def case(at: float | None, conf: str = CONF) -> Case:
    """GET is not offered (405); the backend answers a POST after 2 ms."""
    hands = (answered("proxy", at), answered("direct", 0.002))
    return make_case(proxy="405", direct="405", conf=conf, handshakes=hands)


@pytest.mark.parametrize("at", [None, 3.0], ids=["never", "late"])
def test_an_answer_that_is_held_is_a_fault(at: float | None) -> None:
    diagnosis = diagnose(case(at))
    assert diagnosis.verdict == "fault"
    assert [(c.id, c.confidence) for c in diagnosis.causes] == [
        ("proxy-buffering-hold", "confirmed")
    ]


def test_an_answer_that_would_be_held_is_a_risk() -> None:
    diagnosis = diagnose(case(0.003))
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
    assert "proxy-buffering-hold" in {risk.id for risk in diagnosis.risks}


@pytest.mark.parametrize("at", [None, 3.0, 0.003], ids=["never", "late", "at-once"])
def test_without_buffering_it_is_none_of_this(at: float | None) -> None:
    mended = CONF.replace("proxy_pass", "proxy_buffering off; proxy_pass")
    diagnosis = diagnose(case(at, mended))
    found = {finding.id for finding in (*diagnosis.causes, *diagnosis.risks)}
    assert "proxy-buffering-hold" not in found


def test_without_the_config_it_is_only_possible() -> None:
    known = replace(
        case(3.0), resolution=None, root_resolution=None, message_resolution=None, predictions=()
    )
    diagnosis = diagnose(known)
    assert (diagnosis.verdict, diagnosis.causes[0].confidence) == ("inconclusive", "possible")


def test_another_backend_confirms_nothing() -> None:
    diagnosis = diagnose(case(None, CONF.replace("12213", "12999")))
    assert "confirmed" not in {cause.confidence for cause in diagnosis.causes}


def test_a_plain_answer_is_not_held_by_this() -> None:
    json = replace(answered("direct", 0.002).exchanges[0].timeline, headers=())
    plain = replace(answered("direct", 0.002), exchanges=(Exchange("initialize", json),))
    known = replace(case(3.0), handshakes=(answered("proxy", 3.0), plain))
    assert diagnose(known).causes == ()
    assert isinstance(json, Timeline)
