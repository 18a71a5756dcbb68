"""Which lost message is one of a session in another process, and which of one that is forgotten."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import PROXY_URL, make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import Exchange, Handshake
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

UNKNOWN = '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}'


def answer(status: int, body: str = "") -> Timeline:
    probe = Probe("mcp-proxy", PROXY_URL)
    return Timeline(probe, status=status, http="1.1", headers_s=0.003, excerpt=body)


def case_of(lost: str) -> Case:
    """A session that loses one message, and six that take their `initialized`."""
    names = ("initialize", "initialized", "tools")[: 2 + (lost == "tools")]
    exchanges = tuple(
        Exchange(name, answer(404, UNKNOWN) if name == lost else answer(202)) for name in names
    )
    handshake = Handshake(
        "proxy", PROXY_URL, "streamable-http", "tools", session=True, exchanges=exchanges
    )
    taken = tuple(
        FollowUpResult(
            "affinity",
            replace(answer(202), probe=Probe("follow-up-proxy", PROXY_URL)),
            f"a message of session {number}",
        )
        for number in range(2, 8)
    )
    case = make_case(proxy="405", direct="405", handshakes=(handshake,))
    return replace(case, follow_ups=taken, resolution=None, root_resolution=None, predictions=())


@pytest.mark.parametrize(("lost", "confidence"), [("initialized", "likely"), ("tools", "possible")])
def test_a_message_of_the_same_kind_is_lost_by_chance(lost: str, confidence: str) -> None:
    causes = {cause.id: cause.confidence for cause in diagnose(case_of(lost)).causes}
    assert causes["no-affinity"] == confidence
