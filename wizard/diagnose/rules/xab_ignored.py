"""Nginx ignores the backend's X-Accel-Buffering, or it switches buffering on."""

from dataclasses import replace

from wizard.diagnose.facts import addresses, answers, directives, streams
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    post_evidence,
    result_evidence,
    setting_evidences,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, unbuffered
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

_UNREAD = tr(
    "Another Nginx behind this one would remove the header, and another kind of proxy ignores "
    "it: name each proxy with --hop. Whether this Nginx ignores it is not known: {add_conf}."
)
_FORCED_FIX = Fix(tr("the backend no longer sends X-Accel-Buffering: yes on the stream"), "backend")
_WHY_UNBUFFERED = tr(
    "each event is passed on as it comes, instead of when a buffer is full. The other way is "
    "to let Nginx no longer ignore X-Accel-Buffering"
)


_ANSWER = tr(
    "The backend answers the same POST at once, with an event stream, and asks Nginx not to "
    "buffer it. Through the proxy the answer is late or missing: the config ignores that header."
)
_ANSWER_UNTRIED = tr(
    "The backend answers a POST with an event stream and asks Nginx not to buffer it, but the "
    "config ignores that header. So an answer that takes a while and reports progress is held "
    "until its end. None of our messages took a while, so this was not seen."
)
_NO_STREAM_SEEN = tr(
    "None of our messages was answered with an event stream, so this was not seen. A call that "
    "reports progress is answered with one, and the config holds it until its end, whatever "
    "header the backend sends. Call a tool through the proxy and see whether its progress "
    "arrives while it runs."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The header is ignored for the stream, or for the answers to messages."""
    return _check_stream(rule, case) or _check_answers(rule, case)


def _check_stream(rule: Rule, case: Case) -> Finding | None:
    """The direct probe has the header, and the proxied one is held."""
    held = streams.held_probes(case)
    value = addresses.x_accel_buffering(case)
    if not held or not streams.live_direct_probes(case) or value not in ("no", "yes"):
        return None
    return _ignored(rule, case) if value == "no" else _forced_on(rule, case)


def _evidence(case: Case, value: str) -> tuple[Evidence, ...]:
    held, direct = streams.held_probes(case), streams.live_direct_probes(case)[0]
    text = tr("the backend sends X-Accel-Buffering: {value}", value=value)
    header = Evidence("probe", direct.timeline.probe.label, text)
    return (*map(result_evidence, held), direct_evidence(direct), header)


def _ignored(rule: Rule, case: Case) -> Finding | None:
    distinguishes = tr(
        "The backend asks Nginx not to buffer, as the direct request shows, and Nginx still "
        "holds the stream."
    )
    resolution, evidence = case.resolution, _evidence(case, "no")
    if resolution is None:
        return rule.finding("possible", evidence, sentences((distinguishes, _UNREAD)))
    is_ignored = directives.ignores_x_accel_buffering(resolution)
    if not is_ignored or not directives.is_buffering(resolution):
        return None
    evidence += setting_evidences(resolution, f"{resolution.prefix}_ignore_headers")
    return rule.finding(
        "confirmed",
        evidence,
        tr("{distinguishes} The config ignores the header.", distinguishes=distinguishes),
    )


def _forced_on(rule: Rule, case: Case) -> Finding | None:
    """`yes` switches buffering on where the config has it off."""
    resolution = case.resolution
    if resolution is None or directives.is_buffering(resolution):
        return None
    if directives.ignores_x_accel_buffering(resolution):
        return None
    setting = setting_evidences(resolution, f"{resolution.prefix}_buffering")
    evidence = (*_evidence(case, "yes"), *setting)
    distinguishes = tr(
        "The config has buffering off, and the backend's header switches it on again."
    )
    return rule.finding("confirmed", evidence, distinguishes, fix=_FORCED_FIX)


def _check_answers(rule: Rule, case: Case) -> Finding | None:
    """The answer to a POST that streams is held, or would be held."""
    resolution, held = case.message_resolution or case.resolution, answers.held_answer(case)
    direct = held[1] if held else answers.streamed_direct_answer(case)
    if resolution is None or (direct is not None and not answers.asks_for_no_buffering(direct)):
        return None
    name = f"{resolution.prefix}_ignore_headers"
    evidence = ((post_evidence(direct),) if direct else ()) + setting_evidences(resolution, name)
    if held and answers.would_be_held(case, held[1]):
        is_peer = addresses.leads_to(case, held[1].probe)
        confidence: Confidence = "confirmed" if is_peer else "possible"
        return rule.finding(confidence, (post_evidence(held[0]), *evidence), _ANSWER)
    if not (answers.may_stream_answers(case) and answers.holds_any_answer(case)):
        return None
    return rule.finding("possible", evidence, _ANSWER_UNTRIED if direct else _NO_STREAM_SEEN)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The config ignores the header and holds a stream."""
    name = f"{resolution.prefix}_ignore_headers"
    held = any(delivery.is_held for delivery in resolution.delivery)
    if not held or not directives.ignores_x_accel_buffering(resolution):
        return ()
    value = safe(resolution.value(name), 80)
    text = tr(
        "{name} {value}: a backend's X-Accel-Buffering: no has no effect", name=name, value=value
    )
    return (rule.config_finding(directives.place_of(resolution, name), text, name),)


def _settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    first, *others = unbuffered(case, resolution)
    return (replace(first, reason=_WHY_UNBUFFERED, is_specific=True), *others)


RULE = Rule(
    id="xab-ignored",
    stage=Stage.HOLD,
    fix=Fix(
        tr("{stream}_buffering off in the location, or stop ignoring X-Accel-Buffering"), "nginx"
    ),
    check=check,
    check_config=check_config,
    config_order=30,
    settings=NginxSettings(stream=_settings, ends_buffering=True),
)
