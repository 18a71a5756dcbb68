"""A session lives in one backend, and its messages go to others."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import body_suffix, follow_up_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import Balancing, balancing_of
from wizard.text.display import safe

UNKNOWN = frozenset({400, 404})
_BETWEEN = (
    "The message of one session was not known, and those of another were all taken, on the same "
    "path: so the path is right, and chance decides."
)
_BACKEND = Fix(
    "the backend runs as one process, or its processes share their sessions, or each client "
    "stays with one of them",
    "backend",
)
DISTINGUISHES = (
    "The same message, to the same URL, within the same open session, was answered in two ways: so "
    "the path is right and the session exists, but not in every process that is asked."
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
    """The same message to the same session: taken once, not known another time."""
    pings = streams.follow_ups(case, "affinity")
    taken = [one for one in pings if one.timeline.status and 200 <= one.timeline.status < 300]
    failing = [one for one in pings if one.timeline.status in UNKNOWN]
    if not taken:
        return None
    own = "direct" in taken[0].timeline.probe.name
    first = () if own else _first_lost(case)
    if not failing and not first:
        return None
    how = balancing_of(case.resolution) if case.resolution else Balancing()
    fix = _BACKEND if own or (case.resolution is not None and not how.spreads_clients) else RULE.fix
    evidence = (
        *_of_stream(case),
        *first,
        _count(pings, failing),
        *map(follow_up_evidence, pings[-2:]),
        *(() if own else _of_peers(case, how)),
    )
    sure: Confidence = "confirmed" if failing else "likely"
    distinguishes = DISTINGUISHES if failing else _BETWEEN
    return rule.finding(sure, evidence, distinguishes, fix=fix)


def _first_lost(case: Case) -> tuple[Evidence, ...]:
    """The handshake's own message, if it was not known though the direct one was."""
    spoken, direct = case.handshake("proxy"), case.handshake("direct")
    what = "initialize" if spoken and spoken.transport == "http+sse" else "initialized"
    line = spoken.timeline(what) if spoken and direct and direct.is_complete else None
    if line is None or line.status not in UNKNOWN:
        return ()
    text = f"HTTP {line.status}{body_suffix(line)}"
    return (Evidence("probe", f"{line.probe.label}, the handshake's POST", text),)


def _of_stream(case: Case) -> tuple[Evidence, ...]:
    live = [
        result
        for result in streams.counted_probes(case.proxy, "identity")
        if result.outcome == "live"
    ]
    return tuple(result_evidence(result) for result in live[:1])


def _count(pings: tuple[FollowUpResult, ...], failing: list[FollowUpResult]) -> Evidence:
    text = f"of {len(pings)} messages to one open session {len(failing)} found it unknown"
    return Evidence("follow-up", pings[0].timeline.probe.label, text)


def _of_peers(case: Case, how: Balancing) -> tuple[Evidence, ...]:
    if case.resolution is None or len(how.peers) < 2:
        return ()
    method = how.method or "nothing keeps a client at its own"
    text = f"{len(how.peers)} servers ({safe(', '.join(how.peers), 200)}): {method}"
    return (Evidence("config", str(how.where or case.resolution.config.main), text),)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """Several servers, and nothing binds a client to one of them."""
    balance = balancing_of(resolution)
    if not balance.spreads_clients:
        return ()
    text = f"{len(balance.peers)} servers, and nothing keeps a client at one: a server that keeps "
    text += "sessions in memory loses messages"
    return (rule.config_finding(str(balance.where or resolution.config.main), text),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """One peer for all requests of a client."""
    return (_HASH,)


RULE = Rule(
    id="no-affinity",
    stage=Stage.MESSAGE,
    fix=Fix("ip_hash, or hash $remote_addr consistent, in the upstream", "nginx"),
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
    check=check,
    check_config=check_config,
    config_order=110,
    settings=NginxSettings(stream=settings),
)
