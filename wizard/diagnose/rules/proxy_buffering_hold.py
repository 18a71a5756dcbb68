"""Nginx collects the stream in its buffers and does not pass it on."""

from collections.abc import Iterable

from wizard.diagnose.facts import addresses, directives, releases, streams, tails
from wizard.diagnose.facts.evidence import (
    live_direct_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
    setting_evidences,
)
from wizard.diagnose.facts.near_misses import ineffective_lines
from wizard.diagnose.held_answers import (
    NO_CONFIG,
    held_answer_finding,
    held_reply_finding,
    short_answer_finding,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, unbuffered
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import HELD_TAGS
from wizard.model.probe_result import PARTLY_HELD_OUTCOMES, ProbeResult
from wizard.model.release import kept_s
from wizard.model.resolution import CLIENT_NAMES, Delivery, RequestResolution
from wizard.text.display import (
    and_list,
    capitalize,
    clauses,
    comma_list,
    labelled,
    safe,
    seconds,
    sentence,
    sentences,
)
from wizard.text.messages import tr

_HELD = tr("The direct request is live while the proxied one is held, so the backend does send")
_PARTLY_HELD = tr(
    "The direct request gets each event complete and at the moment when it is sent, and the "
    "proxied one does not. So the backend is not late"
)
_SAME_BACKEND = tr(
    "the backend does not ask for unbuffered delivery (X-Accel-Buffering); and the "
    "config in force keeps buffering on"
)
_OTHER_BACKEND = tr("the config keeps buffering on, but nothing shows that Nginx asks that backend")
_BY_ITSELF = tr(
    "Data arrives, so the backend sends. It arrives as full buffers, or without the end of an "
    "event, as it does with buffering, and the config in force keeps buffering on. A backend "
    "that stops in the middle of an event would look the same: {add_direct}."
)
_BY_ITSELF_NO_CONFIG = tr(
    "Data arrives, so the backend sends. It arrives as full buffers, or without the end of an "
    "event, as it does with buffering. A backend that stops in the middle of an event would "
    "look the same: {add_direct}. Whether buffering is on is not known: {add_conf}."
)
_CODE = tr(
    "But `{name}` ({where}) runs before the backend is asked, and code that takes long there looks "
    "the same: the backend's log shows whether it got the request at once."
)
_ADVICE = tr(
    "Give as --direct the address that Nginx uses, and add the config of the Nginx that serves "
    "this URL."
)
_NO_DIRECT = tr(
    "The config in force keeps buffering on and would hold this stream; but nothing "
    "shows that the backend sends at all: {tell_silent}."
)
_KEPT = tr(
    "The headers came only after {}, at the same moment as the broken end: Nginx had the "
    "backend's answer and released it when it gave up reading. Without an answer it sends 504, "
    "and a slow backend gets a whole read timeout more"
)
_LOGGED = tr(
    "Nginx's access log shows that the backend answered 200 to our request, and that Nginx "
    "passed nothing on. So the backend answers, and the config in force keeps buffering on."
)
_KEPT_UNSURE = tr(
    "The headers came only after {}, at the same moment as the broken end, as when Nginx "
    "releases what it holds because it gives up reading. A backend that answers late and breaks "
    "off at the same moment looks the same. The read timeout in force tells which it is: "
    "{{add_conf}}."
)
_KEPT_WHERE = tr(
    "If there are several Nginx in a row, it may be one closer to the backend: --hop shows which."
)
_SENDS = tr(
    "The same stream is live for {}, so the backend sends. Something between holds it for the "
    "other requests: the config in force keeps buffering on"
)
_SENDS_NO_CONFIG = tr(
    "The same stream is live for {}, so the backend sends. Something between holds it for the "
    "other requests. Without the Nginx config it is not known that buffering is on: "
    "{{add_conf}}."
)
_TAIL_RISK = tr(
    "The config passes small events on and holds the end of large ones until the next event. No "
    "large event was seen."
)
_SAVED_BY_HEADER = tr(
    "The proxied stream is live although buffering is on: a header of the backend switches it "
    "off for each response. Without that header the stream would be held."
)
_OTHER_NGINX = tr(
    "Nothing shows that the requests pass through the Nginx of this config: none of its servers "
    "listens on the port of the URL, and its logs have no line about our requests. Add the "
    "config of the Nginx that the URL leads to, or its access log."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The stream, a reply or its end, or the answer to a POST is held; else it is a risk."""
    checks = (
        _held_stream,
        held_reply_finding,
        held_answer_finding,
        short_answer_finding,
        _tail_risk,
    )
    return next((finding for each in checks if (finding := each(rule, case))), None)


def _tail_risk(rule: Rule, case: Case) -> Finding | None:
    """The config would keep the end of events that are larger than those seen."""
    text = tails.tail_risk(case)
    if not text or case.resolution is None:
        return None
    setting = setting_evidence(case.resolution, f"{case.resolution.prefix}_buffering")
    evidence = (setting, Evidence("probe", "sse-proxy", text))
    return rule.finding("possible", evidence, _TAIL_RISK, latent=True)


def _held_stream(rule: Rule, case: Case) -> Finding | None:
    if addresses.x_accel_buffering(case) == "no":
        return _saved_by_header(rule, case)
    held = streams.held_probes(case)
    answered = [result for result in case.direct if result.outcome != "refused"]
    if not held or (answered and not streams.live_direct_probes(case)):
        return None
    if case.resolution is None:
        return _without_config(rule, case, held)
    if not (directives.is_proxied(case.resolution) and directives.is_buffering(case.resolution)):
        return None
    explained = tuple(result for result in held if streams.could_be_held(case, result))
    if not explained:
        return None
    confidence = _confidence(case, held, explained)
    elsewhere = streams.live_direct_probes(case) and not streams.passes_here(case)
    missing = _OTHER_NGINX if elsewhere else _NO_DIRECT
    distinguishes = missing if confidence == "possible" else _distinguishes(case, held)
    evidence = _evidence(case, held)
    code = directives.delaying_code(case.resolution)
    is_unseen = all(result.timeline.headers_s is None for result in held)
    if confidence == "confirmed" and code and is_unseen and not streams.backend_had_answered(case):
        name, where = safe(code.name, 60), safe(str(code.where), 200)
        evidence = (*evidence, Evidence("config", where, name))
        distinguishes = sentences((distinguishes, _CODE.format(name=name, where=where)))
        confidence = "likely"
    return rule.finding(confidence, evidence, distinguishes)


def _confidence(
    case: Case, held: tuple[ProbeResult, ...], explained: tuple[ProbeResult, ...]
) -> Confidence:
    measured = bool(streams.live_direct_probes(case)) and not _is_late(held)
    passes, is_direct = streams.passes_here(case), addresses.is_direct(case)
    if measured and explained == held and is_direct and passes:
        return "confirmed"
    if explained == held and passes and _sends_by_config(case):
        return "confirmed"
    if case.resolution is None or passes is False or (passes is None and not is_direct):
        return "possible"
    is_kept = any(releases.is_kept_by_timeout(case, result) for result in held)
    if is_kept or streams.backend_had_answered(case):
        return "likely"
    # A silent backend looks the same through the proxy.
    if any(result.outcome == "live" for result in case.proxy) or _shows_buffers(case, held):
        return "likely"
    is_compared = streams.live_direct_probes(case) and not addresses.other_backend(case)
    return "likely" if is_compared else "possible"


def _shows_buffers(case: Case, held: tuple[ProbeResult, ...]) -> bool:
    """True if data came in a way in which buffering delivers it.

    Where no direct probe of that backend is live, the end of an event that is waited for before a
    buffer can be full may as well be late at the backend, which writes an event in parts.
    """
    is_compared = bool(streams.live_direct_probes(case)) and not addresses.other_backend(case)
    size = directives.buffer_bytes(case.resolution)
    return any(
        tails.fills_a_buffer(result.timeline, size) or is_compared
        if result.outcome == "tail-held"
        else result.outcome == "bursts" and streams.bursts_fill_buffers(result.timeline)
        for result in held
    )


def _sends_by_config(case: Case) -> bool:
    """True if other variants are live, as the config predicts, and not by the choice of a peer."""
    live = streams.live_beside_held(case)
    is_predicted = all(streams.predicted_results(case, each) & streams.DELIVERS for each in live)
    return bool(live) and is_predicted and len(addresses.upstream_peers(case)) == 1


def _is_late(held: tuple[ProbeResult, ...]) -> bool:
    """True if a stream came late, which may also be due to a dead peer."""
    return any(result.outcome == "late" for result in held)


def _evidence(case: Case, held: tuple[ProbeResult, ...]) -> tuple[Evidence, ...]:
    prefix = case.resolution.prefix if case.resolution else ""
    names = [f"{prefix}_buffering", *(["proxy_http_version"] if prefix == "proxy" else [])]
    return (
        *map(result_evidence, held),
        *(live_direct_evidence(case) or map(result_evidence, streams.live_beside_held(case)[:1])),
        *setting_evidences(case.resolution, *names),
        *(ineffective_lines(case.resolution) if case.resolution else ()),
        *map(log_evidence, streams.own_log_lines(case, *HELD_TAGS)[:2]),
    )


def _distinguishes(case: Case, held: tuple[ProbeResult, ...]) -> str:
    if not streams.live_direct_probes(case):
        return _distinguishes_alone(case, held)
    difference = _difference(held)
    reason, other = addresses.same_backend_reason(case), addresses.other_backend(case)
    if reason:
        return tr(
            "{first}; {second}. {third}.",
            first=difference,
            second=_SAME_BACKEND,
            third=capitalize(reason),
        )
    if other:
        passed = tr("Nginx passes this path to {other}", other=safe(other, 120))
        return sentences(
            (sentence(clauses((difference, labelled(_OTHER_BACKEND, passed)))), _ADVICE)
        )
    return sentences((sentence(clauses((difference, _OTHER_BACKEND))), _ADVICE))


def _distinguishes_alone(case: Case, held: tuple[ProbeResult, ...]) -> str:
    """What shows that the backend sends, where no direct probe does."""
    if live := streams.live_beside_held(case):
        return tr("{sentence}.", sentence=_SENDS.format(_labels(live)))
    if kept := _kept_after(case):
        return tr("{kept}; the config in force keeps buffering on.", kept=_KEPT.format(kept))
    is_logged = streams.backend_had_answered(case) and not _shows_buffers(case, held)
    return _LOGGED if is_logged else _BY_ITSELF


def _kept_after(case: Case) -> str:
    """How long the first stream was kept that Nginx let go at its end; empty if none was."""
    return next((seconds(kept_s(each.timeline)) for each in releases.kept_probes(case)), "")


def _difference(held: tuple[ProbeResult, ...]) -> str:
    is_partly = all(result.outcome in PARTLY_HELD_OUTCOMES for result in held)
    return _PARTLY_HELD if is_partly else _HELD


def _labels(results: tuple[ProbeResult, ...]) -> str:
    return and_list(result.timeline.probe.label for result in results[:2])


def _without_config(rule: Rule, case: Case, held: tuple[ProbeResult, ...]) -> Finding | None:
    """Without the config: `likely` only if the backend is shown to send, and Nginx stands alone."""
    live, is_plain = streams.live_beside_held(case), streams.is_behind_plain_nginx(case)
    if live:
        distinguishes = _SENDS_NO_CONFIG.format(_labels(live))
        confidence: Confidence = "likely" if is_plain else "possible"
        return rule.finding(confidence, _evidence(case, held), distinguishes)
    if not streams.live_direct_probes(case):
        if kept := _kept_after(case):
            is_timed = any(releases.is_kept_by_timeout(case, result) for result in held)
            text = _KEPT_UNSURE.format(kept)
            if is_timed and is_plain:
                text = sentences((sentence(_KEPT.format(kept)), _KEPT_WHERE))
            confidence = "likely" if is_timed and is_plain else "possible"
            return rule.finding(confidence, _evidence(case, held), text)
        if not (is_plain and _shows_buffers(case, held)):
            return None
        return rule.finding("possible", _evidence(case, held), _BY_ITSELF_NO_CONFIG)
    # From outside, a slow gate, a slow peer of Nginx or a limit look the same.
    has_answered = streams.backend_had_answered(case)
    is_likely = has_answered and streams.is_root_answered(case) and not _is_late(held)
    # None of these cuts events or gathers them.
    is_likely = is_likely or (is_plain and _shows_buffers(case, held) and not _is_late(held))
    distinguishes = sentences((sentence(_difference(held)), NO_CONFIG))
    return rule.finding("likely" if is_likely else "possible", _evidence(case, held), distinguishes)


def _saved_by_header(rule: Rule, case: Case) -> Finding | None:
    """The stream is live only because the backend asks for it in each response."""
    resolution = case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return None
    if directives.ignores_x_accel_buffering(resolution):
        return None
    is_live = any(result.outcome == "live" for result in case.proxy)
    if not is_live or streams.held_probes(case) or not directives.is_buffering(resolution):
        return None
    setting = setting_evidence(resolution, f"{resolution.prefix}_buffering")
    text = tr("X-Accel-Buffering: no is what keeps the stream live")
    evidence = (setting, Evidence("probe", "sse-direct", text))
    return rule.finding("likely", evidence, _SAVED_BY_HEADER, latent=True)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The config holds an uncompressed stream, or the end of large events, for some clients."""
    if not directives.is_buffering(resolution):
        return ()
    name = f"{resolution.prefix}_buffering"
    plain = [row for row in resolution.delivery if row.encoding == "identity"]
    parts = []
    if held := _kinds(row for row in plain if row.is_held):
        parts.append(tr("an event stream for {held}", held=held))
    if cut := [row for row in plain if row.holds_tails]:
        size = (
            tr("{tail_from:,} bytes or more", tail_from=cut[0].tail_from)
            if cut[0].tail_from
            else tr("more than a buffer")
        )
        parts.append(tr("the end of an event of {size} for {kinds}", size=size, kinds=_kinds(cut)))
    if not parts:
        return ()
    text = tr(
        "{name} {value} holds {parts}, unless the backend sends X-Accel-Buffering: no",
        name=name,
        value=resolution.value(name),
        parts=tr(" and ").join(parts),
    )
    near = (rule.config_finding(line.where, line.text) for line in ineffective_lines(resolution))
    return (rule.config_finding(directives.place_of(resolution, name), text, name), *near)


def _kinds(rows: Iterable[Delivery]) -> str:
    """The kinds of clients and upstreams of these rows, in words."""
    return comma_list(
        sorted(
            {
                tr(
                    "{client} with a {upstream} upstream",
                    client=CLIENT_NAMES[row.client],
                    upstream=row.upstream,
                )
                for row in rows
            }
        )
    )


RULE = Rule(
    id="proxy-buffering-hold",
    stage=Stage.HOLD,
    fix=Fix(tr("{stream}_buffering off in the location that serves the stream"), "nginx"),
    check=check,
    check_config=check_config,
    config_order=10,
    settings=NginxSettings(stream=unbuffered, ends_buffering=True),
)
