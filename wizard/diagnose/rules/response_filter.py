"""A filter of the response keeps the stream back, where Nginx's buffers alone would not."""

from collections.abc import Iterable
from dataclasses import replace

from wizard.diagnose.facts import addresses, directives, product, streams
from wizard.diagnose.facts.evidence import (
    live_direct_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.predictions import predict
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, unbuffered
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import HELD_TAGS
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.model.resolution import BodyFilter, RequestResolution
from wizard.model.target import LOCAL, Style
from wizard.text.display import labelled, safe, sentences
from wizard.text.messages import tr

_HOLDING = frozenset({"held", "headers-held"})
_MEASURED = frozenset({"script", "brotli", "lines"})
"""The effects of filters that were measured to hold (docs/delivery.md, "Body filters")."""
_KNOWN = tr(
    "The direct request is live and the proxied one is held. Buffering alone would pass small "
    "events of this backend on; this filter makes Nginx hold them"
)
_UNKNOWN = tr(
    "The direct request is live and the proxied one is held, and this Nginx's buffering does "
    "not explain that. A filter that may hold the response is in force for this path"
)
_SURE = tr("Nginx passes this path to that backend.")
_TRY = tr("Send the same request without the filter to see whether it is the cause.")
_IN_FRONT = tr("Another proxy in front of this Nginx would look alike: --hop nginx={} tells.")
_LOGGED = tr(
    "The access log counts bytes as sent for these requests, though they enter at this "
    "Nginx: is it the log of this one?"
)
_WHY_OFF = tr("this filter may keep the response back until it ends; buffering is off already")
_UNFILTERED = tr(
    "`{name} off` takes this path out of the filter altogether; a firewall then inspects "
    "neither its requests nor its responses. One that can leave out response bodies "
    "alone is better told so"
)
_NOT_OFF = tr(
    "{where}: `{name}` may keep the response back. Let it not apply to the stream's "
    "path: move it into the locations that need it"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, live directly, and the config holds it only because of a body filter."""
    resolution = case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return None
    if not resolution.body_filters or not streams.live_direct_probes(case):
        return None
    without = _without_filters(case, resolution)
    held = [result for result in case.proxy if result.outcome in HELD_OUTCOMES]
    measured = [result for result in held if _needs_measured_filter(case, without, result)]
    if measured:
        return _by_measured(rule, case, resolution, measured)
    unknown = [result for result in held if _needs_unknown_filter(case, without, result)]
    return _by_unknown(rule, case, resolution, unknown) if unknown else None


def _without_filters(case: Case, resolution: RequestResolution) -> Case:
    """The case with the predictions of the same config without its body filters."""
    plain = replace(case, resolution=replace(resolution, body_filters=(), unknown=()))
    probes = [result.timeline.probe for result in case.proxy]
    return replace(case, predictions=predict(plain, probes))


def _needs_measured_filter(case: Case, without: Case, result: ProbeResult) -> bool:
    """True if the config holds this probe with its filters, and would deliver it without them."""
    if streams.waits_whole(result):
        return False
    holds = not _HOLDING.isdisjoint(streams.predicted_results(case, result))
    delivers = streams.predicted_results(without, result)
    return holds and bool(delivers) and delivers <= streams.DELIVERS and not _keeps_tails(result)


def _keeps_tails(result: ProbeResult) -> bool:
    """True if events came, some of them without their end, as buffers alone deliver them."""
    return result.outcome in ("tail-held", "bursts", "stalled")


def _needs_unknown_filter(case: Case, without: Case, result: ProbeResult) -> bool:
    """True if a filter that is not known may hold this probe, and buffering would not."""
    rows = streams.predicted_results(case, result)
    return "undecided" in rows and not streams.could_be_held(without, result)


def _by_measured(
    rule: Rule, case: Case, resolution: RequestResolution, held: list[ProbeResult]
) -> Finding | None:
    encodings = {result.timeline.probe.encoding for result in held}
    filters = [
        each
        for each in resolution.body_filters
        if each.effect in _MEASURED and (each.effect != "brotli" or "br" in encodings)
    ]
    if _passed_on(case, held) and not _enters_here(case, resolution):
        return None
    evidence = _evidence(case, resolution, held, filters)
    text = (
        tr("{first}. {second}", first=_KNOWN, second=_SURE)
        if addresses.is_direct(case)
        else tr("{sentence}.", sentence=_KNOWN)
    )
    return rule.finding(_confidence(case, held, filters), evidence, text)


def _confidence(case: Case, held: list[ProbeResult], filters: list[BodyFilter]) -> Confidence:
    """How sure it is that a filter holds, and not another proxy. What a script passes on depends on
    its code, so only Nginx's log tells that it is the one."""
    if streams.passes_here(case) is False:
        return "possible"
    labels = {result.timeline.probe.label for result in held}
    logged = any(line.client in labels for line in streams.own_log_lines(case, *HELD_TAGS))
    is_certain = logged or all(each.effect != "script" for each in filters)
    is_here = addresses.is_direct(case) and bool(streams.passes_here(case))
    return "confirmed" if is_here and is_certain else "likely"


def _by_unknown(
    rule: Rule, case: Case, resolution: RequestResolution, held: list[ProbeResult]
) -> Finding | None:
    filters = [each for each in resolution.body_filters if each.effect in ("unknown", "script")]
    if not filters or (_passed_on(case, held) and not _enters_here(case, resolution)):
        return None
    is_unknown = any(each.effect == "unknown" for each in filters)
    is_likely = is_unknown and addresses.is_direct(case) and _is_first(case, resolution)
    advice = _TRY if is_likely else sentences((_TRY, _IN_FRONT.format(addresses.own_url(case))))
    advice = sentences((advice, _LOGGED)) if _passed_on(case, held) else advice
    evidence = _evidence(case, resolution, held, filters)
    confidence: Confidence = "likely" if is_likely else "possible"
    return rule.finding(
        confidence, evidence, sentences((tr("{sentence}.", sentence=_UNKNOWN), advice))
    )


def _passed_on(case: Case, held: list[ProbeResult]) -> bool:
    """True if the access log says that Nginx did pass these responses on: a filter counts less."""
    labels = {result.timeline.probe.label for result in held}
    return any(line.client in labels for line in streams.own_log_lines(case, "live-200"))


def _is_first(case: Case, resolution: RequestResolution) -> bool:
    """True if nothing else is known to stand between the client and this Nginx."""
    if _enters_here(case, resolution) or streams.backend_had_answered(case):
        return True
    return bool(streams.passes_here(case)) and product.other_proxy(case) is None


def _enters_here(case: Case, resolution: RequestResolution) -> bool:
    """True if the requests enter at this machine, at a port at which this config listens."""
    conf = case.target.conf
    is_here = conf is not None and conf.vantage == LOCAL and resolution.listens
    return is_here and any(result.timeline.is_own_address for result in case.proxy)


def _evidence(
    case: Case,
    resolution: RequestResolution,
    held: list[ProbeResult],
    filters: Iterable[BodyFilter],
) -> tuple[Evidence, ...]:
    return (
        *map(result_evidence, held[:2]),
        *live_direct_evidence(case),
        *(_filter_evidence(each) for each in filters),
        setting_evidence(resolution, f"{resolution.prefix}_buffering"),
        *map(log_evidence, streams.own_log_lines(case, *HELD_TAGS)[:1]),
    )


def _filter_evidence(each: BodyFilter) -> Evidence:
    return Evidence(
        "config", str(each.where), tr("{name} is in force for this path", name=safe(each.name, 80))
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """A filter that was measured to hold a stream which buffering alone would deliver."""
    is_held = {
        (row.client, row.encoding, row.upstream) for row in resolution.delivery if row.is_held
    }
    if not is_held:
        return ()
    return tuple(
        rule.config_finding(str(each.where), labelled(each.name, text))
        for each in resolution.body_filters
        if (text := _HOLDS.get(each.effect)) and _holds_here(resolution, each)
    )


_HOLDS = {
    "script": tr("a script rewrites the response, which is held while buffering is on"),
    "brotli": tr("the response is held for clients that accept br while buffering is on"),
    "lines": tr("the response is held for clients over TLS with HTTP/1.1"),
}


def _holds_here(resolution: RequestResolution, each: BodyFilter) -> bool:
    is_buffering = directives.is_buffering(resolution)
    if each.effect == "lines":
        return not is_buffering and "h1-tls" in resolution.clients
    return is_buffering


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """No buffering; where it is off already, the filters off that can be switched off."""
    if resolution is None or directives.is_buffering(resolution):
        return unbuffered(case, resolution)
    return tuple(Change(name, "off", _WHY_OFF) for name in _switches(resolution))


def _switches(resolution: RequestResolution) -> tuple[str, ...]:
    """The names of the filters in force that are written as `name on`."""
    words = (each.name.split() for each in resolution.body_filters if each.effect == "unknown")
    return tuple(dict.fromkeys(name for name, *rest in words if rest == ["on"]))


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What switching a filter off means, and what to do about one without a switch."""
    resolution = case.resolution
    if resolution is None or directives.is_buffering(resolution):
        return ()
    switched = (_UNFILTERED.format(name=safe(name, 80)) for name in _switches(resolution))
    others = (
        _NOT_OFF.format(where=safe(str(each.where), 120), name=safe(each.name, 80))
        for each in resolution.body_filters
        if each.effect in ("unknown", "script", "lines") and not each.name.endswith(" on")
    )
    return (*switched, *others)


RULE = Rule(
    id="response-filter",
    stage=Stage.HOLD,
    fix=Fix(
        tr(
            "{stream}_buffering off in the stream's location; where it is off already, the "
            "filter off for this path"
        ),
        "nginx",
    ),
    explains=frozenset({"proxy-buffering-hold", "outer-proxy-buffers"}),
    check=check,
    check_config=check_config,
    config_order=25,
    settings=NginxSettings(stream=settings, notes=notes),
)
