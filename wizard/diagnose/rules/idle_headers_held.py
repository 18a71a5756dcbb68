"""Nginx keeps the headers of a stream that is silent at first until its first byte."""

from dataclasses import replace

from wizard.diagnose.facts import addresses, answers, directives, logs, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence, setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, unbuffered
from wizard.diagnose.session_outcome import standing_stream
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.nginx.prediction import predict_probes
from wizard.text.display import sentences
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "The direct stream has headers and no event yet, so the backend answers. Through Nginx even "
    "the headers are missing."
)
_UNREAD = tr("Without the config it is not known that this Nginx buffers: {add_conf}.")
_NO_HANDSHAKE = tr(
    "But no handshake was completed. With HTTP+SSE (MCP 2024-11-05) the endpoint event has to "
    "come at once, and then the backend's silence is the fault."
)
_SEND_COMMENT = Fix(
    tr(
        "let the backend send a comment at once: over HTTP/2 this Nginx holds headers alone, "
        "even with buffering off"
    ),
    "backend",
)


_SESSION = tr(
    "Two sessions were opened. The direct GET stream has headers at once, the one through the "
    "proxy has none, and the POSTs of both are answered."
)
_SESSION_LOGGED = tr(
    "Nginx's log shows that the backend answered 200 to the GET of our session, and that Nginx "
    "passed nothing on. The POSTs of that session are answered."
)
_EVENTS_TOO = tr("The config in force holds events as well, not only the headers.")
_EVENTS_TOO_UNLESS_CHUNKED = tr(
    "The config in force holds events as well, unless this backend sends chunks even to "
    "HTTP/1.0, which few do."
)
_EVENTS_NOT_SEEN = tr(
    "With the config in force, the headers come with the first event. No event was sent, so it "
    "was not seen whether events are held."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The direct stream has headers and is silent; the proxied one has no headers."""
    return _check_probes(rule, case) or _check_session(rule, case)


def _check_session(rule: Rule, case: Case) -> Finding | None:
    """The same of the GET stream of an MCP session, which may stay silent without being broken."""
    held, direct = standing_stream(case, "proxy"), standing_stream(case, "direct")
    if held is None or held.outcome not in ("held", "headers-held"):
        return None
    if answers.held_answer(case):
        return None  # the answer to a POST, and more than its headers is held
    if direct is None:
        return _logged_session(rule, case, held)
    if not direct.timeline.is_event_stream:
        return None
    logged = map(log_evidence, logs.standing_stream_lines(case)[:1])
    evidence = (*map(result_evidence, (held, direct)), *logged, *_setting_evidence(case))
    if case.resolution is None:
        return rule.finding("possible", evidence, sentences((_SESSION, _UNREAD)))
    expected = _expected_of_events(case.resolution, held, direct)
    if "held" in expected:
        # A few backends chunk even to HTTP/1.0; then the config lets the events through.
        is_sure = expected == {"held"}
        confidence: Confidence = "confirmed" if is_sure else "likely"
        why = _EVENTS_TOO if is_sure else _EVENTS_TOO_UNLESS_CHUNKED
        return rule.finding(confidence, evidence, sentences((_SESSION, why)))
    if expected == {"live"} and not _is_buffered(case, case.resolution):
        return None
    return rule.finding("possible", evidence, sentences((_SESSION, _EVENTS_NOT_SEEN)))


def _logged_session(rule: Rule, case: Case, held: ProbeResult) -> Finding | None:
    """Without a direct session, Nginx's log may say that the backend had answered."""
    lines = logs.standing_stream_lines(case)
    answered = [line for line in lines if line.had_answer]
    if not answered:
        return None
    evidence = (result_evidence(held), *map(log_evidence, answered[:1]), *_setting_evidence(case))
    if case.resolution is None:
        return rule.finding("possible", evidence, sentences((_SESSION_LOGGED, _UNREAD)))
    is_old = case.resolution.value("proxy_http_version") == "1.0"
    if is_old and _is_buffered(case, case.resolution):
        text = sentences((_SESSION_LOGGED, _EVENTS_TOO_UNLESS_CHUNKED))
        return rule.finding("likely", evidence, text)
    return rule.finding("possible", evidence, sentences((_SESSION_LOGGED, _EVENTS_NOT_SEEN)))


def _expected_of_events(
    resolution: RequestResolution, held: ProbeResult, direct: ProbeResult
) -> set[str]:
    """What the config predicts for this stream, had the backend sent an event."""
    with_event = replace(direct.timeline, first_data_s=direct.timeline.headers_s)
    predictions = predict_probes(resolution, [held.timeline.probe], [with_event])
    return {prediction.delivery.result for prediction in predictions}


def _check_probes(rule: Rule, case: Case) -> Finding | None:
    held = tuple(result for result in streams.held_probes(case) if result.outcome == "headers-held")
    if not held:
        return None
    confidence = _confidence(case, held)
    if confidence is None:
        return None
    config_is_off = case.resolution is not None and not _is_buffered(case, case.resolution)
    fix = _SEND_COMMENT if config_is_off else None
    distinguishes = _DISTINGUISHES if case.resolution else sentences((_DISTINGUISHES, _UNREAD))
    # A server that completes a handshake works: the silence of its GET stream is not a fault.
    if not any(handshake.is_complete for handshake in case.handshakes):
        confidence, distinguishes = "possible", sentences((_DISTINGUISHES, _NO_HANDSHAKE))
    return rule.finding(confidence, _evidence(case, held), distinguishes, fix=fix)


def _confidence(case: Case, held: tuple[ProbeResult, ...]) -> Confidence | None:
    """Without the config it may be another proxy; it is one if the config predicts live."""
    if case.resolution is None:
        return "likely" if streams.is_behind_plain_nginx(case) else "possible"
    explained = [result for result in held if streams.could_be_held(case, result)]
    if not explained:
        return None
    return "confirmed" if len(explained) == len(held) else "likely"


def _is_buffered(case: Case, resolution: RequestResolution) -> bool:
    """True if buffering is on. Even if it is off, HTTP/2 over TLS keeps the headers."""
    header = addresses.x_accel_buffering(case)
    if header in ("yes", "no") and not directives.ignores_x_accel_buffering(resolution):
        return header == "yes"
    return directives.is_buffering(resolution)


def _evidence(case: Case, held: tuple[ProbeResult, ...]) -> tuple[Evidence, ...]:
    probes = (*held, *streams.counted_probes(case.direct)[:1])
    evidence = [result_evidence(result) for result in probes]
    handshake = case.handshake("proxy")
    if handshake is not None and handshake.is_complete:
        text = tr("the POST is answered: Nginx passes this path")
        evidence.append(Evidence("probe", "mcp-proxy", text))
    evidence += _setting_evidence(case)
    if any("held" in streams.predicted_results(case, result) for result in held):
        text = tr("the config holds the first event as well, not only the headers")
        evidence.append(Evidence("config", held[0].timeline.probe.label, text))
    return tuple(evidence)


def _setting_evidence(case: Case) -> tuple[Evidence, ...]:
    prefix = case.resolution.prefix if case.resolution else ""
    return setting_evidences(case.resolution, f"{prefix}_buffering")


RULE = Rule(
    id="idle-headers-held",
    stage=Stage.HOLD,
    fix=Fix(
        tr("{stream}_buffering off in the location, and let the backend send a comment at once"),
        "nginx",
    ),
    check=check,
    settings=NginxSettings(stream=unbuffered, ends_buffering=True),
)
