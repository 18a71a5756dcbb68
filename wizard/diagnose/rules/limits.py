"""A limit of Nginx refuses or delays streams, each of which counts while it is open."""

from wizard.diagnose import upstream_limits
from wizard.diagnose.facts import addresses, streams
from wizard.diagnose.facts.directives import delays_requests, place_of
from wizard.diagnose.facts.evidence import (
    body_suffix,
    follow_up_evidence,
    line_evidence,
    log_evidence,
    result_evidence,
    setting_evidences,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, inherited_lines, own_lines
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Config
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import DELAYED_OUTCOMES, REFUSED_STATUSES, ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.model.timeline import Timeline, is_live
from wizard.text.display import labelled, safe
from wizard.text.messages import tr

_HELD_SYMPTOMS = frozenset(
    {"proxy-buffering-hold", "gzip-plus-buffering", "outer-proxy-buffers", "dead-peer-replay"}
)
_SYMPTOMS = frozenset(
    {"message-path-unrouted", "endpoint-prefix-lost", "wrong-transport", "location-miss"}
)
_ONE_IS_SERVED = tr(
    "Of several requests at the same moment, one is served and another is not, and the backend "
    "is not the one that refuses. So the number of requests is the cause, not the path."
)
_NONE_IS_SERVED = tr(
    "Every request is refused, even one that was sent alone, and the backend is not the one "
    "that refuses. So the cause is the number of requests of all clients, or their rate."
)
_UNREAD = tr(
    "Every request is refused, even one that was sent alone, and the backend is not the one "
    "that refuses. Either a limit counts all clients, or the server is told to refuse: the "
    "config or Nginx's error log would show which."
)
_ONE_IS_DELAYED = tr(
    "Of several requests at the same moment, one is served at once and another later, and Nginx "
    "logs that it delayed it. So the number of requests is the cause, not buffering."
)
_ALL_ARE_DELAYED = tr(
    "The direct request is served at once and those through the proxy later, and Nginx logs "
    "that it delayed them. So the number of requests is the cause, not buffering."
)
_ALL_SERVED_ALONE = tr(
    "Several requests at the same moment were too many; one at a time, all were served. A "
    "client that opens as many (tabs, reconnects, users behind one address) is refused."
)
_UPSTREAM_IS_FULL = tr(
    "Nginx's error log says that it tried no server, and each server of the upstream has "
    "max_conns. So the cause is the number of connections, not the address. An open stream "
    "takes one all the time."
)
_UPSTREAM_MAY_BE_FULL = tr(
    "The server answers a direct request, and it has max_conns: when that many streams are "
    'open, Nginx no longer tries it. Nginx\'s error log would say "no live upstreams".'
)
_MAX_CONNS = tr(
    "raise max_conns beyond the number of streams that are open at once, or leave it out: {where}"
)
_WORKERS_ARE_FULL = tr(
    "Nginx's error log shows this at the time of our requests, and the backend answers a direct "
    "request. So the cause is the number of connections, not the path. An open stream takes two "
    "of them all the time."
)
_WORKER_CONNECTIONS = tr(
    "raise worker_connections beyond twice the number of streams that are open at once: {where}"
)
_OPEN_FILES = tr(
    "set worker_rlimit_nofile in the main block, or the service's LimitNOFILE, beyond twice the "
    "number of streams that are open at once"
)
_MAY_BE_DELAYED = tr(
    "One of several requests is served at once, and limit_req delays those above its rate here. "
    'Nginx\'s error log would say "delaying request", at the level of limit_req_log_level.'
)
_OTHER_GATEWAY_ERRORS = (
    "connect-failed", "premature-close", "invalid-answer", "invalid-header", "upstream-tls",
    "upstream-header-too-big", "resolver-missing", "name-unresolved",
)  # fmt: skip
"""Log lines that tell another reason for a 502."""
_WHY_CONFIG = {
    "limit_conn": tr("each open stream counts as one connection, and its messages need another"),
    "limit_req": tr("must allow a client's stream and its messages together"),
}
_ZONE = "sse_streams"
_MAX_STREAMS = 100
_WHY_DRY_RUN = tr(
    "limit_req cannot be switched off in a location: without one here, the outer ones apply. "
    "With this line they only count and log. Linters may report it as a forgotten test, but "
    "here it is the exemption"
)
_WHY_LIMIT_CONN = tr(
    "replaces the limit in force here: an open stream counts as a connection all the time, and "
    "a location without a limit inherits the outer ones. With a zone of its own, streams do not "
    "count against other paths; {max_streams} is meant to be high enough for everyone",
    max_streams=_MAX_STREAMS,
)
_WHY_ZONE = tr("the zone that counts the streams alone")
_NOT_IN_CONFIG = tr("the config that was given has no limit on this path: is it the one in use?")
_NOTES: dict[Style, str] = {
    "ingress-nginx": tr(
        "leave limit-connections, limit-rps and limit-rpm off the stream's Ingress; "
        "limit-whitelist exempts clients, not paths"
    ),
    "f5": tr(
        "leave nginx.org/limit-req-* off the stream's minion; for connections remove "
        "limit_conn from the snippet that sets it"
    ),
}


def check(rule: Rule, case: Case) -> Finding | None:
    """A stream or a message is refused or delayed, and not by the backend."""
    return (
        _refusal(rule, case)
        or _delay(rule, case)
        or _full_upstream(rule, case)
        or _full_workers(rule, case)
        or _refusal_of_several(rule, case)
        or _possible_delay(rule, case)
    )


def _full_upstream(rule: Rule, case: Case) -> Finding | None:
    """Each peer has as many connections as `max_conns` allows, so Nginx answers 502."""
    servers = upstream_limits.limited_servers(case.resolution)
    refused = _with_status(case, 502)
    logged = streams.own_log_lines(case, "no-live-peer")
    has_log = any(line.kind == "error" for report in case.logs for line in report.lines)
    is_direct = addresses.is_direct(case)
    if not servers or not refused or not (is_direct or logged):
        return None
    if not streams.is_served_directly(case):
        return None
    if not logged and (has_log or streams.own_log_lines(case, *_OTHER_GATEWAY_ERRORS)):
        return None
    confidence: Confidence = "possible"
    if logged:
        confidence = "confirmed" if is_direct else "likely"
    evidence = (
        *map(_answer_evidence, refused[:1]),
        *map(log_evidence, logged[:1]),
        *map(result_evidence, streams.live_direct_probes(case)[:1]),
        *map(line_evidence, servers),
    )
    text = _UPSTREAM_IS_FULL if logged else _UPSTREAM_MAY_BE_FULL
    fix = Fix(_MAX_CONNS.format(where=safe(str(servers[0].where), 200)), "nginx")
    return rule.finding(confidence, evidence, text, explains=_SYMPTOMS, fix=fix)


def _with_status(case: Case, status: int) -> list[Timeline]:
    """The requests through the proxy with this answer: the streams, else a message."""
    answers = [each.timeline for each in case.proxy if each.timeline.status == status]
    handshake = case.handshake("proxy")
    if answers or handshake is None or not streams.is_served_directly(case):
        return answers
    messages = (each.timeline for each in handshake.exchanges)
    return [message for message in messages if message.status == status][:1]


def _full_workers(rule: Rule, case: Case) -> Finding | None:
    """A worker has as many connections as it may have: it closes new ones, or answers 500."""
    logged = streams.log_lines(case, "no-free-connection")
    closed = [each for each in case.proxy if _is_closed(each.timeline)]
    failed = _with_status(case, 500)
    own = [line for line in logged if line.ours]
    if not logged or not (closed or (failed and own)) or not streams.is_served_directly(case):
        return None
    config = (upstream_limits.worker_connections(case.resolution),) if case.resolution else ()
    evidence = (
        *map(result_evidence, closed[:1]),
        *map(_answer_evidence, () if closed else failed[:1]),
        *map(log_evidence, (own or logged)[:1]),
        *map(result_evidence, streams.live_direct_probes(case)[:1]),
        *config,
    )
    where = config[0].where if config else "nginx.conf"
    is_of_files = "(24: " in (own or logged)[0].text
    text = _OPEN_FILES if is_of_files else _WORKER_CONNECTIONS.format(where=safe(where, 200))
    fix = Fix(text, "nginx")
    return rule.finding(
        "confirmed" if own and not closed else "likely",
        evidence,
        _WORKERS_ARE_FULL,
        explains=_SYMPTOMS,
        fix=fix,
    )


def _is_closed(answer: Timeline) -> bool:
    """True if the connection was closed before any answer."""
    return answer.ended in ("eof", "reset") and answer.headers_s is None


def _refusal(rule: Rule, case: Case) -> Finding | None:
    refused = _refused(case.proxy) or _refused_message(case)
    if not refused or _refused(case.direct):
        return None
    logged = streams.own_log_lines(case, "limited")
    live = [result for result in case.proxy if result.outcome == "live"]
    alone = streams.follow_ups(case, "alone")
    served = bool(live) or any(is_live(sent.timeline) for sent in alone)
    confidence = _confidence(case, live, logged=bool(logged), served=served)
    if confidence is None:
        return None
    evidence = (
        *map(_answer_evidence, refused),
        *map(result_evidence, live),
        *map(follow_up_evidence, alone),
        *_config_evidence(case.resolution),
        *map(log_evidence, logged[:1]),
    )
    unserved = _UNREAD if confidence == "possible" else _NONE_IS_SERVED
    distinguishes = _ONE_IS_SERVED if served else unserved
    return rule.finding(confidence, evidence, distinguishes, explains=_SYMPTOMS)


def _refusal_of_several(rule: Rule, case: Case) -> Finding | None:
    """A risk: some of our requests were refused by Nginx, and served when made again alone."""
    crowded = [sent for sent in streams.follow_ups(case, "crowded") if _is_refusal(sent.timeline)]
    proxied = [sent for sent in crowded if sent.timeline.probe.enters_outside]
    logged = streams.own_log_lines(case, "limited")
    limited = bool(case.resolution and _limits_in_force(case.resolution))
    if not proxied or len(proxied) < len(crowded) or not (logged or limited):
        return None
    evidence = (
        *map(follow_up_evidence, proxied[:1]),
        *_config_evidence(case.resolution),
        *map(log_evidence, logged[:1]),
    )
    confidence: Confidence = "confirmed" if logged else "likely"
    return rule.finding(confidence, evidence, _ALL_SERVED_ALONE, latent=True)


def _is_refusal(answer: Timeline) -> bool:
    return answer.status in REFUSED_STATUSES


def _refused(results: tuple[ProbeResult, ...]) -> list[Timeline]:
    return [result.timeline for result in results if _is_refusal(result.timeline)]


def _refused_message(case: Case) -> list[Timeline]:
    """The answer to a request of the MCP session that is refused while its stream is open, if the
    same request is not refused directly."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None or direct is None:
        return []
    for exchange in proxied.exchanges:
        other = direct.timeline(exchange.name)
        if _is_refusal(exchange.timeline) and other and not _is_refusal(other):
            return [exchange.timeline]
    return []


def _confidence(
    case: Case, live: list[ProbeResult], *, logged: bool, served: bool
) -> Confidence | None:
    """A client needs a stream and a message at once; if both pass, the limit may be intended."""
    handshake = case.handshake("proxy")
    if len(live) >= 2 and handshake is not None and handshake.is_complete:
        return "possible"
    if logged:
        return "confirmed"
    if not streams.live_direct_probes(case):
        return None
    if case.resolution is None:
        return "possible"
    if not _limits_in_force(case.resolution):
        return None
    return "confirmed" if served else "likely"


def _delay(rule: Rule, case: Case) -> Finding | None:
    """limit_req without nodelay delays requests."""
    late = [result for result in case.proxy if result.outcome in DELAYED_OUTCOMES]
    live = [result for result in case.proxy if result.outcome == "live"]
    others = live or streams.live_direct_probes(case)
    logged = streams.own_log_lines(case, "delayed")
    if not late or not others or not logged:
        return None
    probes = map(result_evidence, (*late, *others))
    evidence = (*probes, *_config_evidence(case.resolution), log_evidence(logged[0]))
    text = _ONE_IS_DELAYED if live else _ALL_ARE_DELAYED
    return rule.finding("confirmed", evidence, text, explains=_HELD_SYMPTOMS)


def _possible_delay(rule: Rule, case: Case) -> Finding | None:
    """One request is served, another one late, and `limit_req` delays what exceeds its rate."""
    resolution, live = case.resolution, [each for each in case.proxy if each.outcome == "live"]
    late = [each for each in case.proxy if each.outcome in DELAYED_OUTCOMES]
    if resolution is None or not live or not late or not delays_requests(resolution):
        return None
    if not all(streams.is_unexpected(case, each) for each in late):
        return None
    probes = map(result_evidence, (*late, *live))
    evidence = (*probes, *setting_evidences(resolution, "limit_req"))
    return rule.finding("possible", evidence, _MAY_BE_DELAYED)


def _limits_in_force(resolution: RequestResolution) -> tuple[str, ...]:
    return tuple(name for name in ("limit_conn", "limit_req") if resolution.value(name))


def _config_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    return setting_evidences(resolution, *_limits_in_force(resolution)) if resolution else ()


def _answer_evidence(answer: Timeline) -> Evidence:
    return Evidence(
        "probe",
        answer.probe.label,
        tr("HTTP {status}{body_suffix}", status=answer.status, body_suffix=body_suffix(answer)),
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """A limit is in force for the stream."""
    values = {name: safe(resolution.value(name), 80) for name in _limits_in_force(resolution)}
    return tuple(
        rule.config_finding(
            place_of(resolution, name), labelled(f"{name} {value}", _WHY_CONFIG[name]), name
        )
        for name, value in values.items()
    )


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """What replaces the limits of this path; nothing if the config shows none."""
    if resolution is None:
        return ()
    changes = [*upstream_limits.unlimited_servers(resolution)]
    if _has_limit(resolution, "limit_req"):
        changes.append(Change("limit_req_dry_run", "on", _WHY_DRY_RUN))
    if _has_limit(resolution, "limit_conn"):
        name = _free_zone_name(resolution.config)
        limit = f"{name} {_MAX_STREAMS}"
        zone = f"$binary_remote_addr zone={name}:1m"
        changes += [
            Change("limit_conn", limit, _WHY_LIMIT_CONN, drops=frozenset({"limit_conn"})),
            Change("limit_conn_zone", zone, _WHY_ZONE, scope="http"),
        ]
    return tuple(changes)


def _has_limit(resolution: RequestResolution, name: str) -> bool:
    return bool(own_lines(resolution, name) or inherited_lines(resolution, name))


def _free_zone_name(config: Config) -> str:
    """A zone name that the config does not use."""
    waiting, used = list(config.root), set[str]()
    for directive in waiting:
        waiting += directive.block or ()
        zones = (arg for arg in directive.args if arg.startswith("zone="))
        used |= {zone.removeprefix("zone=").partition(":")[0] for zone in zones}
    names = (f"{_ZONE}{number or ''}" for number in range(len(used) + 1))
    return next(name for name in names if name not in used)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """That a config shows no limit; what to leave off an Ingress."""
    if style != "nginx":
        return (_NOTES[style],) if style in _NOTES else ()
    if streams.log_lines(case, "no-free-connection") and case.resolution is not None:
        where = upstream_limits.worker_connections(case.resolution).where
        return (_WORKER_CONNECTIONS.format(where=safe(where, 200)),)
    messages = case.message_resolution
    passed = messages if messages and messages.can_buffer else None
    is_limited = settings(case, case.resolution) or settings(case, passed)
    return () if is_limited or case.resolution is None else (_NOT_IN_CONFIG,)


RULE = Rule(
    id="limits",
    stage=Stage.ADMIT,
    fix=Fix(
        tr("set limits that fit streams in the locations of the stream and its messages"), "nginx"
    ),
    check=check,
    check_config=check_config,
    config_order=40,
    settings=NginxSettings(both=settings, notes=notes),
)
