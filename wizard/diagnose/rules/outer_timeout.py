"""Another layer than this Nginx ends the stream, after a timeout known of such layers."""

from wizard.diagnose.facts import addresses, directives, disconnects, logs, product, streams
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    log_evidence,
    path_evidence,
    result_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, FirstFailingHop
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.probe_result import ProbeResult
from wizard.nginx.settings import duration_s
from wizard.nginx.tcp_proxy import timeout_in_front
from wizard.text.display import comma_list, safe, sentences
from wizard.text.messages import tr

_CUT_TAGS = (
    "read-timeout", "premature-close", "header-timeout", "connect-failed", "no-live-peer",
)  # fmt: skip
_DISTINGUISHES = tr(
    "No timeout in this config has that length, so another layer ended the stream. The number "
    "only suggests which one."
)
_UNREAD = tr(
    "The number only suggests whose timeout it is. Without the config, it may be this Nginx's own."
)
_NAMED = tr(
    "The direct stream of that age was still open, and {} answers at the public URL: it, "
    "or what stands between it and the backend, ended the stream."
)
_BEHIND = tr(
    "Nginx's error log says that {} closed the connection, and the direct stream of that "
    "age was open: what answers at that address, or a layer between it and the backend, "
    "ended the stream."
)
_MEND_BEHIND = tr(
    "set a longer timeout in what answers at {}, or send pings more often than it allows. To "
    "ask it by itself, name it as a proxy in a row (--hop, h in the wizard)"
)
_BY_LOGS = tr(
    "Nginx's access log shows a 200 for our request, no timeout in this config has that length, "
    "the direct stream was open at that age, and Nginx's error log shows nothing. So what is in "
    "front of this Nginx, or the network there, ended the stream."
)
_BY_STREAM = tr(
    "The URL's port belongs to a `stream` block of this config, which ends a connection after that "
    "silence, and the direct stream was open at that age: the server behind it passed it on."
)
_UNSURE = tr(
    "A direct stream that stays open, and Nginx's logs with a 200 and no error, would make this "
    "likely."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut after a known timeout, which no timeout of this Nginx explains.

    If hops were probed: a cut at one, and the next one in keeps the stream longer.
    """
    if case.first_failing_hop is not None:
        return _between_hops(rule, case, case.first_failing_hop)
    named = None if product.is_nginx_shown(case) else product.other_proxy(case)
    for result in disconnects.cut_probes(case):
        timeout = disconnects.known_timeout(case, result)
        if named and disconnects.is_outlived(case, result):
            return _by_named(rule, case, result, named)
        if (finding := _behind(rule, case, result)) is not None:
            return finding
        if (finding := _in_stream_block(rule, case, result)) is not None:
            return finding
        if _is_cut_here(case, result):
            continue
        if timeout is not None:
            return _finding(rule, case, result, *timeout)
        if (finding := _in_front(rule, case, result)) is not None:
            return finding
    return None


def _by_named(rule: Rule, case: Case, result: ProbeResult, named: product.Product) -> Finding:
    """Cut between the backend and the public URL, where another proxy than Nginx answers."""
    confidence: Confidence = "likely" if named.shows_what_is_behind else "possible"
    evidence = (result_evidence(result), disconnects.cut_evidence(case, result), named.evidence)
    fix = Fix(
        tr(
            "let the backend ping every 10 s, and set a longer timeout (or none) at {name}",
            name=named.name,
        ),
        "outer-proxy",
    )
    return rule.finding(confidence, evidence, _NAMED.format(named.name), fix=fix)


def _behind(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    """Cut by what Nginx passes to, where that is not the address of the direct stream."""
    closed = streams.own_log_lines(case, "premature-close")
    peers = list(map(addresses.host_port, addresses.upstream_peers(case)))
    probes = [each.timeline.probe for each in streams.live_direct_probes(case)]
    asked = [addresses.direct_address(case, probe) for probe in probes]
    if not (closed and peers and asked and all(asked)) or disconnects.reload_lines(case):
        return None
    is_same = any(addresses.leads_to(case, probe) for probe in probes)
    if is_same or not disconnects.is_outlived(case, result):
        return None
    # The same port may be that of the same backend, under another name.
    ports = {each.rpartition(":")[2] for each in asked}
    is_other = ports.isdisjoint(each.rpartition(":")[2] for each in peers)
    evidence = (
        result_evidence(result),
        disconnects.cut_evidence(case, result),
        log_evidence(closed[0]),
        *(path_evidence(each) for each in [case.resolution] if each),
    )
    named = safe(comma_list(peers), 120)
    return rule.finding(
        "likely" if is_other else "possible",
        evidence,
        _BEHIND.format(named),
        fix=Fix(_MEND_BEHIND.format(named), "outer-proxy"),
    )


def _in_stream_block(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    """Cut after the `proxy_timeout` of a `stream` block that listens on the URL's port."""
    resolution = case.resolution
    if resolution is None or resolution.listens or not disconnects.is_outlived(case, result):
        return None
    setting = timeout_in_front(resolution.config, resolution.request.effective_port)
    limit = duration_s(setting.value) if setting else None
    if setting is None or not limit or not disconnects.is_after(result, limit):
        return None
    where = str(setting.where or resolution.config.main)
    evidence = (
        result_evidence(result),
        disconnects.cut_evidence(case, result),
        Evidence("config", where, f"proxy_timeout {safe(setting.value, 40)}"),
    )
    fix = Fix(
        tr(
            "set a longer proxy_timeout in the stream block ({where}), and let the backend ping "
            "more often than it allows",
            where=safe(where, 200),
        ),
        "nginx",
    )
    return rule.finding("confirmed", evidence, _BY_STREAM, fix=fix)


def _in_front(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    """Cut though this Nginx passed the stream on: its config and both of its logs tell so."""
    passed = _passed_lines(case, result)
    is_open = disconnects.is_outlived(case, result)
    if not (passed and is_open and case.resolution and logs.error_log_was_read(case)):
        return None
    evidence = (
        result_evidence(result),
        disconnects.cut_evidence(case, result),
        log_evidence(passed[0]),
    )
    return rule.finding("likely", evidence, _BY_LOGS)


def _passed_lines(case: Case, result: ProbeResult) -> list[LogLine]:
    """The lines of Nginx's access log by which it passed this stream on."""
    logged = streams.own_log_lines(case, "live-200", "live-101")
    return [line for line in logged if line.client == result.timeline.probe.label]


def _between_hops(rule: Rule, case: Case, failing: FirstFailingHop) -> Finding | None:
    """The hops were probed, so the one that cuts the stream is measured."""
    innermost = failing.kind == "hop" and failing.inner_kind == "direct"
    result, inner = failing.result, failing.inner_result
    is_cut = result.outcome == "cut" and disconnects.outlives(inner, result)
    if not is_cut or innermost or case.resolution is not None:
        return None
    evidence = [result_evidence(result), direct_evidence(inner)]
    evidence.append(disconnects.cut_evidence(case, result))
    if timeout := disconnects.known_timeout(case, result):
        evidence.append(Evidence("probe", result.timeline.probe.label, " is ".join(timeout)))
    # If that layer is another Nginx, idle-read-timeout is what happened there.
    return rule.finding(
        streams.hop_confidence(failing),
        tuple(evidence),
        streams.hop_difference(failing),
        explains=frozenset({"idle-read-timeout"}),
    )


def _is_cut_here(case: Case, result: ProbeResult) -> bool:
    """True if the config or the error log shows that this Nginx cut the stream."""
    limit = directives.read_timeout_s(case.resolution)
    matches = limit is not None and disconnects.was_silent_for(case, result, limit)
    is_logged = disconnects.reload_lines(case) or streams.own_log_lines(case, *_CUT_TAGS)
    return matches or bool(is_logged)


def _finding(rule: Rule, case: Case, result: ProbeResult, measured: str, owner: str) -> Finding:
    label, passed = result.timeline.probe.label, _passed_lines(case, result)
    evidence = [result_evidence(result), disconnects.cut_evidence(case, result)]
    evidence.append(
        Evidence("probe", label, tr("{measured} is {owner}", measured=measured, owner=owner))
    )
    evidence += map(log_evidence, passed[:1])
    distinguishes = _DISTINGUISHES if case.resolution else _UNREAD
    if passed and disconnects.is_outlived(case, result):
        return rule.finding("likely", tuple(evidence), distinguishes)
    return rule.finding("possible", tuple(evidence), sentences((distinguishes, _UNSURE)))


RULE = Rule(
    id="outer-timeout",
    stage=Stage.CUT,
    fix=Fix(
        tr(
            "let the backend ping every 10 s, and set a longer timeout (or none) in the layer "
            "in front of Nginx"
        ),
        "outer-proxy",
    ),
    check=check,
)
