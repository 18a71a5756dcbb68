"""Which probes of a case opened a WebSocket, and which were refused."""

from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult

NO_UPGRADE = "no-upgrade"
"""The purpose of the direct request that does not ask for a WebSocket."""
_REFUSED = frozenset({"status", "redirect", "not-a-stream", "held"})


def refused_upgrade(case: Case) -> ProbeResult | None:
    """The proxied probe that asked for a WebSocket and got no answer of status 101; None if one was
    opened, or if none was asked for."""
    asked = [result for result in case.proxy if result.timeline.probe.upgrade and result.was_made]
    if any(result.timeline.is_websocket for result in asked):
        return None
    return next((result for result in asked if result.outcome in _REFUSED), None)


def opened_directly(case: Case) -> tuple[ProbeResult, ...]:
    """The direct probes that opened the WebSocket."""
    return tuple(result for result in case.direct if result.timeline.is_websocket)
