"""A session exists in one backend, and its messages reach another one."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import body_suffix, follow_up_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import Balancing, balancing_of
from wizard.text.display import safe

UNKNOWN_SESSION = frozenset({400, 404})
_BETWEEN = (
    "The message of one session was unknown, and those of another were all accepted, on the same "
    "path: so the path is right, and chance decides."
)
_BACKEND = Fix(
    "the backend runs as one process, or its processes share their sessions, or each client "
    "stays with one of them",
    "backend",
)
_DISTINGUISHES = (
    "The same message, to the same URL, within the same open session, was answered in two ways: so "
    "the path is right and the session exists, but not in every process."
)
_METHODS = frozenset({"least_conn", "ip_hash", "hash", "random", "least_time", "sticky"})
"""Directives that choose a peer; an upstream block holds one of them."""
_HASH = Change(
    "hash",
    "$binary_remote_addr consistent",
    "each client's requests reach one peer, so a message finds the session that its stream opened. "
    "Not a hash of the session id: the GET that opens the session has none yet. Behind another "
    "proxy this is that proxy's address: set real_ip_header there, or all clients share a peer",
    scope="upstream",
    drops=_METHODS - {"hash"},
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The same message to the same session is accepted once and unknown another time."""
    pings = streams.follow_ups(case, "affinity")
    accepted = [ping for ping in pings if 200 <= (ping.timeline.status or 0) < 300]
    failing = [ping for ping in pings if ping.timeline.status in UNKNOWN_SESSION]
    if not accepted:
        return None
    is_direct = "direct" in accepted[0].timeline.probe.name
    lost = () if is_direct else _handshake_evidence(case)
    if not failing and not lost:
        return None
    balancing = balancing_of(case.resolution) if case.resolution else Balancing()
    by_backend = is_direct or (case.resolution is not None and not balancing.spreads_clients)
    live = [probe for probe in streams.counted_probes(case.proxy) if probe.outcome == "live"]
    count = f"of {len(pings)} messages to one open session {len(failing)} found it unknown"
    evidence = (
        *map(result_evidence, live[:1]),
        *lost,
        Evidence("follow-up", pings[0].timeline.probe.label, count),
        *map(follow_up_evidence, pings[-2:]),
        *(() if is_direct else _peers_evidence(case, balancing)),
    )
    confidence: Confidence = "confirmed" if failing else "likely"
    distinguishes = _DISTINGUISHES if failing else _BETWEEN
    return rule.finding(confidence, evidence, distinguishes, fix=_BACKEND if by_backend else None)


def _handshake_evidence(case: Case) -> tuple[Evidence, ...]:
    """The handshake's message, if its session was unknown though the direct one's was known."""
    handshake, direct = case.handshake("proxy"), case.handshake("direct")
    name = "initialize" if handshake and handshake.transport == "http+sse" else "initialized"
    answer = handshake.timeline(name) if handshake and direct and direct.is_complete else None
    if answer is None or answer.status not in UNKNOWN_SESSION:
        return ()
    text = f"HTTP {answer.status}{body_suffix(answer)}"
    return (Evidence("probe", f"{answer.probe.label}, the handshake's POST", text),)


def _peers_evidence(case: Case, balancing: Balancing) -> tuple[Evidence, ...]:
    if case.resolution is None or len(balancing.peers) < 2:
        return ()
    method = balancing.method or "nothing keeps a client at its own"
    text = f"{len(balancing.peers)} servers ({safe(', '.join(balancing.peers), 200)}): {method}"
    return (Evidence("config", str(balancing.where or case.resolution.config.main), text),)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """Several servers, and nothing binds a client to one of them."""
    balance = balancing_of(resolution)
    if not balance.spreads_clients:
        return ()
    text = f"{len(balance.peers)} servers, and nothing keeps a client at one: "
    text += "a server that keeps sessions in memory loses messages"
    return (rule.config_finding(str(balance.where or resolution.config.main), text),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """One peer for all requests of a client."""
    return (_HASH,)


RULE = Rule(
    id="no-affinity",
    stage=Stage.MESSAGE,
    fix=Fix("ip_hash, or hash $binary_remote_addr consistent, in the upstream", "nginx"),
    explains=frozenset(
        {
            "cors",
            "endpoint-prefix-lost",
            "message-path-unrouted",
            "query-dropped",
            "upgrade-hardcoded",
            "wrong-transport",
        }
    ),
    by_chance=True,
    check=check,
    check_config=check_config,
    config_order=110,
    settings=NginxSettings(stream=settings),
)
