"""A stream that is silent at first: Nginx keeps even its headers until the first byte."""

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import result_evidence, setting_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.settings import NginxSettings, unbuffered
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution

_DISTINGUISHES = (
    "The direct stream has headers and nothing to say yet, so the backend does answer; through "
    "Nginx even the headers are missing. A stream with an event at once would not show it."
)
_UNREAD = "Without the config it is not known that this Nginx buffers: give --conf to confirm."
_UNSPOKEN = (
    "But the server was not seen to answer a POST either: over HTTP+SSE its endpoint event would "
    "be due at once, and then the silence itself is the fault."
)
_SPEAK = Fix(
    "the backend sends a comment at once: this Nginx keeps bare headers over HTTP/2 even with "
    "buffering off",
    "backend",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Direct: headers and silence. Through the proxy: not even headers."""
    stuck = tuple(
        result for result in streams.held_probes(case) if result.outcome == "headers-held"
    )
    if not stuck:
        return None
    confidence = _confidence(case, stuck)
    if confidence is None:
        return None
    unasked = case.resolution is not None and not _buffers(case, case.resolution)
    fix = _SPEAK if unasked else None
    if not _answers_by_post(case):
        return rule.finding(
            "possible", _evidence(case, stuck), f"{_DISTINGUISHES} {_UNSPOKEN}", fix=fix
        )
    distinguishes = _DISTINGUISHES if case.resolution else f"{_DISTINGUISHES} {_UNREAD}"
    return rule.finding(confidence, _evidence(case, stuck), distinguishes, fix=fix)


def _answers_by_post(case: Case) -> bool:
    """Whether the server was seen to work, so that the silence of its GET stream is no fault."""
    return any(one.is_complete for one in case.handshakes)


def _confidence(case: Case, stuck: tuple[ProbeResult, ...]) -> Confidence | None:
    """Without the config it may be another proxy; against the config it is another one."""
    if case.resolution is None:
        return "likely" if streams.is_behind_plain_nginx(case) else "possible"
    explained = [result for result in stuck if streams.could_be_held(case, result)]
    if not explained:
        return None
    return "confirmed" if len(explained) == len(stuck) else "likely"


def _buffers(case: Case, resolution: RequestResolution) -> bool:
    """Whether buffering is on; where it is off, HTTP/2 over TLS keeps the headers all the same."""
    said = streams.x_accel_buffering(case)
    if said in ("yes", "no") and not directives.ignores_header(resolution, "x-accel-buffering"):
        return said == "yes"
    return directives.is_buffering(resolution)


def _evidence(case: Case, stuck: tuple[ProbeResult, ...]) -> tuple[Evidence, ...]:
    found = [result_evidence(result) for result in stuck]
    found += [
        result_evidence(result) for result in streams.counted_probes(case.direct, "identity")[:1]
    ]
    spoken = case.handshake("proxy")
    if spoken is not None and spoken.is_complete:
        found.append(Evidence("probe", "mcp-proxy", "the POST is answered: Nginx passes this path"))
    if case.resolution is not None:
        found.append(setting_evidence(case.resolution, f"{case.resolution.prefix}_buffering"))
    if any("held" in streams.predicted_results(case, result) for result in stuck):
        text = "by the config the first event will be held too, not the headers alone"
        found.append(Evidence("config", stuck[0].timeline.probe.label, text))
    return tuple(found)


RULE = Rule(
    id="idle-headers-held",
    stage=Stage.HOLD,
    fix=Fix("proxy_buffering off in the location, and a comment from the backend at once", "nginx"),
    check=check,
    settings=NginxSettings(stream=unbuffered, ends_buffering=True),
)
