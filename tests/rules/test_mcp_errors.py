"""Errors of MCP 2026-07-28 whose HTTP status alone would say something else."""

from dataclasses import replace

import pytest

from tests.probe.mcp.server import error
from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.posts import failed_post
from wizard.model.case import Case
from wizard.model.handshake import Exchange, Handshake, HandshakeStage, Side


def _handshake(side: Side, status: int, body: bytes) -> Handshake:
    stage: HandshakeStage = "done" if status == 200 else "initialize"
    handshake = make_handshake(side, transport="stateless", stage=stage, status=status)
    answer = replace(handshake.exchanges[0].timeline, status=status, excerpt=body.decode())
    return replace(handshake, exchanges=(Exchange("discover", answer),))


def _case(status: int, code: int, *, with_direct: bool) -> Case:
    proxied = _handshake("proxy", status, error(code))
    direct = (_handshake("direct", 200, b"{}"),) if with_direct else ()
    case = make_case(proxy="405", direct="405", settings={}, handshakes=(proxied, *direct))
    return replace(case, resolution=None)


@pytest.mark.parametrize(("with_direct", "confidence"), [(True, "likely"), (False, "possible")])
def test_a_header_mismatch_is_a_dropped_header(with_direct: bool, confidence: str) -> None:
    """Our message has all headers that repeat it, so one is lost on the way."""
    diagnosis = diagnose(_case(400, -32020, with_direct=with_direct))
    named = [(cause.id, cause.confidence) for cause in diagnosis.causes]
    assert named == [("header-dropped", confidence)]


def test_another_error_of_the_same_status_is_not() -> None:
    assert not diagnose(_case(400, -32022, with_direct=True)).causes


def test_an_unknown_method_says_that_the_path_is_right() -> None:
    """Its status is 404, as that of a path which leads elsewhere."""
    assert failed_post(_case(404, -32601, with_direct=True)) is None
    assert failed_post(_case(404, -32000, with_direct=True)) is not None
