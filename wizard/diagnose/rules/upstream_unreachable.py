"""Nginx cannot connect to the backend."""

from wizard.diagnose import upstream_limits
from wizard.diagnose.facts import addresses, logs, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.probe_result import UNREADABLE_OUTCOMES, ProbeResult
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

_LOGGED = tr(
    "Nginx could not connect to the backend. So it is neither a wrong answer of the backend, "
    "nor TLS to it, nor a slow answer."
)
_REFUSED = tr("The direct request gets no connection either.")
_READ = tr(
    "The gateway error and the address in the config suggest this. Nginx's error log would "
    'confirm it: "connect() failed".'
)
_UNSURE = tr(
    "A backend that closes early, or TLS to it that fails, also leads to 502: Nginx's error log "
    "tells which it is."
)
_OTHERS = tr(
    "Nginx's error log shows this for another client's request to the same path; ours got the "
    "same gateway error."
)
_NO_ADDRESS = tr(
    "Nginx's resolver gave no address for the backend's name, so Nginx did not connect."
)
_GIVEN_UP = tr(
    "Nginx's error log says that it tried no server, and a server answers when it is asked "
    "directly. Earlier requests to it failed, so Nginx leaves it out for fail_timeout."
)
_EARLIER = Fix(
    tr(
        "see in the error log why the requests before this one failed; max_fails and "
        "fail_timeout of the upstream's servers decide when Nginx leaves a server out"
    ),
    "nginx",
)
_FIXES = {
    "(13: ": Fix(
        tr(
            "let Nginx connect: with SELinux setsebool -P httpd_can_network_connect 1; for a unix "
            "socket, permissions for Nginx's user on it and on its folder"
        ),
        "nginx",
    ),
    "(99: ": Fix(
        tr(
            "set proxy_bind to an address of this host; without proxy_bind, local ports have "
            "run out: keepalive in the upstream uses fewer"
        ),
        "nginx",
    ),
}
"""The fixes by the error number of Linux, as the log writes it."""
_TAGS = ("connect-failed", "no-live-peer", "name-unresolved")
"""Log lines of a backend that Nginx could not reach."""
_OTHER_CAUSES = (
    "header-timeout",
    "premature-close",
    "invalid-answer",
    "invalid-header",
    "upstream-header-too-big",
)
"""Log lines of a backend that Nginx did reach."""


def check(rule: Rule, case: Case) -> Finding | None:
    """A gateway error, and a log line or a refused direct probe that explains it."""
    logged = streams.own_log_lines(case, *_TAGS)
    # Nginx answers 500 where it cannot even try: `proxy_bind` with a foreign address.
    statuses = (500, 502, 504) if logged else (502, 504)
    gateway = [result for result in case.proxy if result.timeline.status in statuses]
    if not gateway:
        return None
    if {line.tag for line in logged} == {"no-live-peer"} and streams.is_served_directly(case):
        if upstream_limits.limited_servers(case.resolution):
            return None  # see `limits`: Nginx does not try a peer with max_conns connections
        if addresses.is_direct(case):
            return _given_up(rule, case, gateway[0], logged[0])
    others = () if logged else _others(case)
    confidence = "confirmed" if logged else "likely" if others else _unlogged_confidence(case)
    if confidence is None:
        return None
    direct = streams.live_direct_probes(case) or case.direct
    evidence = (
        result_evidence(gateway[0]),
        *map(log_evidence, logged[:1]),
        *(failure.evidence for failure in others[:1]),
        *map(result_evidence, direct[:1]),
        *_config_evidence(case),
    )
    text = _distinguishes(case, confidence, logged, bool(others))
    return rule.finding(confidence, evidence, text, fix=_fix(logged))


def _fix(logged: tuple[LogLine, ...]) -> Fix | None:
    """What helps where the address is right; None if the rule's own fix does."""
    texts = [line.text for line in logged]
    return next((fix for number, fix in _FIXES.items() if any(number in t for t in texts)), None)


def _given_up(rule: Rule, case: Case, answer: ProbeResult, line: LogLine) -> Finding:
    """Nginx tries no peer, because requests to each have failed, and a peer answers now."""
    evidence = (
        result_evidence(answer),
        log_evidence(line),
        *map(result_evidence, streams.live_direct_probes(case)[:1]),
        *_config_evidence(case),
    )
    return rule.finding("likely", evidence, _GIVEN_UP, fix=_EARLIER)


def _distinguishes(
    case: Case, confidence: Confidence, logged: tuple[LogLine, ...], others: bool
) -> str:
    """What the evidence of this case shows."""
    if others:
        return _OTHERS
    if any(line.tag == "name-unresolved" for line in logged):
        return _NO_ADDRESS
    if logged:
        return _LOGGED
    if _direct_refused(case):
        return _REFUSED
    return _READ if confidence == "likely" else _UNSURE


def _others(case: Case) -> tuple[logs.PathFailure, ...]:
    """What Nginx's error log says of other requests, unless the backend's address answers now."""
    if streams.live_direct_probes(case) and _is_direct_address(case):
        return ()
    return logs.failures_of_others(case, *_TAGS)


def _unlogged_confidence(case: Case) -> Confidence | None:
    """How sure it is without a line of the error log; None if the evidence speaks against it."""
    if streams.own_log_lines(case, *_OTHER_CAUSES):
        return None
    if _is_direct_address(case) and any(r.outcome in UNREADABLE_OUTCOMES for r in case.direct):
        return None  # It can be reached, and what answers there cannot be read.
    if _direct_refused(case):
        return "confirmed" if _is_direct_address(case) else "likely"
    if case.resolution is None or not streams.live_direct_probes(case):
        return "possible"
    # The backend answers at the address in the config: something else is wrong.
    if _is_direct_address(case):
        return None
    return "possible" if _uses_tls(case) else "likely"


def _direct_refused(case: Case) -> bool:
    return bool(case.direct) and all(
        result.timeline.ended in streams.NO_CONNECTION and result.timeline.headers_s is None
        for result in case.direct
    )


def _uses_tls(case: Case) -> bool:
    """True if Nginx uses TLS to the backend, from which a 502 may come too."""
    upstream = case.resolution.upstream if case.resolution else None
    return upstream is not None and upstream.passed.startswith("https")


def _is_direct_address(case: Case) -> bool:
    peers = map(addresses.host_port, addresses.upstream_peers(case))
    direct = {addresses.direct_address(case, result.timeline.probe) for result in case.direct}
    return any(peer in direct for peer in peers)


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    if case.resolution is None or case.resolution.upstream is None:
        return ()
    upstream = case.resolution.upstream
    where = str(upstream.where or case.resolution.config.main)
    peers = comma_list(upstream.peers) or tr("an address that variables decide")
    return (
        Evidence(
            "config",
            where,
            tr("{passed}: passed to {peers}", passed=safe(upstream.passed), peers=safe(peers)),
        ),
    )


RULE = Rule(
    id="upstream-unreachable",
    stage=Stage.REACH,
    fix=Fix(
        tr("the address in {stream}_pass (or its upstream) is one where the backend listens"),
        "nginx",
    ),
    check=check,
)
