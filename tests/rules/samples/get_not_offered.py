"""Samples of get-not-offered."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.probe_result import ProbeResult


def fires() -> Case:
    """A JSON document with 200 to each GET, while POST works."""
    case = make_case(proxy="html", direct="html", handshakes=_sessions())
    return replace(
        case, proxy=tuple(map(_as_json, case.proxy)), direct=tuple(map(_as_json, case.direct))
    )


def silent() -> Case:
    """405, as the specification has it."""
    return make_case(proxy="405", direct="405", handshakes=_sessions())


def _sessions() -> tuple[Handshake, ...]:
    return (
        make_handshake("proxy", transport="streamable-http"),
        make_handshake("direct", transport="streamable-http"),
    )


def _as_json(result: ProbeResult) -> ProbeResult:
    return classify(replace(result.timeline, headers=(("content-type", "application/json"),)))
