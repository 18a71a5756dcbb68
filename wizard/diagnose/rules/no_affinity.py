"""A session exists in one process, and its messages reach another one."""

import re
from collections.abc import Sequence

from wizard.diagnose.facts import posts, streams
from wizard.diagnose.facts.evidence import (
    follow_up_evidence,
    post_evidence,
    result_evidence,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.handshake import Side
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import Balancing, balancing_of
from wizard.probe.sessions import has_session, is_lost, is_taken, is_unknown, lost_message
from wizard.text.display import comma_list, safe, sentences
from wizard.text.messages import plural, tr

_NAMES_SESSION = re.compile(r"(?i)session")
_BACKEND = Fix(
    tr(
        "run the backend as one process, or let its processes share their sessions, or let what "
        "spreads connections over them keep each client at one: behind one address Nginx cannot "
        "choose"
    ),
    "backend",
)
_EITHER = Fix(
    tr(
        "{summary}; where Nginx has several peers, hash $binary_remote_addr consistent in "
        "the upstream",
        summary=_BACKEND.summary,
    ),
    "backend",
)
_ONCE = tr(
    "A message of one session was lost, and those of others were all accepted, on the same "
    "path. So the path is right, and it depends on chance."
)
_LATER = tr(
    "A later message of one session was lost, and the first ones of all further sessions were "
    "taken. With several processes chance would have lost some of those, so the server may just "
    "forget its sessions: by a time limit, an error, or a restart. Its log tells."
)
_MIXED = tr(
    "Messages of the same kind, to the same path, were accepted in one session or attempt and "
    "not in another. So the path is right, and it depends on chance which process gets them."
)
_ALL_LOST = tr(
    "Each session was opened, and then none of its messages was accepted, though the backend "
    "accepts the same message when it is asked directly. So the session exists, but in another "
    "process."
)
_ALL_UNKNOWN = tr(
    "The server answers, on the right path, that it does not know the session that it has just "
    "opened."
)
_UNREAD = tr("Whether Nginx has several peers is not known: {add_conf}.")
_METHODS = frozenset({"least_conn", "ip_hash", "hash", "random", "least_time", "sticky"})
"""Directives that choose a peer; an upstream block holds one of them."""
_HASH = Change(
    "hash",
    "$binary_remote_addr consistent",
    tr(
        "sends all requests of a client to one server, so that a message finds the session of "
        "its stream. Not a hash of the session id: the GET that opens the session has none yet. "
        "Behind another proxy the address is that proxy's: set real_ip_header there, or all "
        "clients share one server"
    ),
    scope="upstream",
    drops=_METHODS - {"hash"},
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Messages of several sessions: some are taken and others lost, or all are lost."""
    behind = streams.follow_ups(case, "affinity-direct")
    by_backend = _has_taken(case, behind, "direct") and _has_lost(case, behind, "direct")
    side: Side = "direct" if by_backend else "proxy"
    asked = behind if by_backend else streams.follow_ups(case, "affinity")
    if not asked or _is_replayed(case, asked, side):
        return None
    if not _has_taken(case, asked, side):
        confidence, distinguishes = _rate_total_loss(case, asked)
    elif any(is_lost(each.timeline) for each in asked):
        confidence, distinguishes = _rate_mixed(case, asked, side), _MIXED
    else:
        confidence, distinguishes = _rate_single_loss(case, side, by_backend=by_backend)
    if confidence is None:
        return None
    balancing = balancing_of(case.resolution) if case.resolution else Balancing()
    evidence = (*_evidence(case, asked, side), *_peers_evidence(case, balancing))
    fix = _fix(case, balancing, by_backend=by_backend)
    if fix is _EITHER and case.resolution is None:
        distinguishes = sentences((distinguishes, _UNREAD))
    return rule.finding(confidence, evidence, distinguishes, fix=fix)


def _rate_mixed(case: Case, asked: Sequence[FollowUpResult], side: Side) -> Confidence:
    """How sure it is where some messages were taken: one slow answer alone loses no session."""
    first = lost_message(case.handshake(side))
    lost = [*([first] if first else []), *(e.timeline for e in asked if is_lost(e.timeline))]
    return "confirmed" if any(map(is_unknown, lost)) or len(lost) > 1 else "possible"


def _rate_single_loss(case: Case, side: Side, *, by_backend: bool) -> tuple[Confidence | None, str]:
    """How sure it is if only the handshake lost a message: of another session, chance took it."""
    handshake, direct = case.handshake(side), lost_message(case.handshake("direct"))
    lost = lost_message(handshake)
    if handshake is None or lost is None or (direct and not by_backend) or _ends_soon(case):
        return None, ""
    sent = "initialize" if handshake.transport == "http+sse" else "initialized"
    if handshake.timeline(sent) is not lost:
        return "possible", _LATER
    return ("likely" if is_unknown(lost) else "possible"), _ONCE


def _has_taken(case: Case, asked: Sequence[FollowUpResult], side: Side) -> bool:
    """True if a message was taken, in the handshake or since."""
    handshake = case.handshake(side)
    is_well = bool(asked) and handshake is not None and handshake.is_complete
    # A stateless handshake has no session of which a message could be taken.
    is_well = is_well and handshake is not None and has_session(handshake)
    return is_well or any(is_taken(each.timeline) for each in asked)


def _has_lost(case: Case, asked: Sequence[FollowUpResult], side: Side) -> bool:
    """True if a message was lost, that of the handshake included."""
    is_seen = any(is_lost(each.timeline) for each in asked)
    return is_seen or lost_message(case.handshake(side)) is not None


def _ends_soon(case: Case) -> bool:
    """True if streams end by themselves, and with them the session: a message may come too late."""
    results = (*case.proxy, *case.direct)
    return any(result.outcome in ("ended", "cut") for result in results)


def _is_replayed(case: Case, asked: Sequence[FollowUpResult], side: Side) -> bool:
    """True if several sessions have the same endpoint: a cache replays it, so none exists."""
    handshake = case.handshake(side)
    if handshake is None or handshake.transport != "http+sse":
        return False
    by_session = {each.why: each.timeline.probe.url for each in asked}
    urls = [handshake.post_url, *by_session.values()]
    return len(set(urls)) < len(urls)


def _rate_total_loss(case: Case, asked: Sequence[FollowUpResult]) -> tuple[Confidence | None, str]:
    """How sure it is if no message was taken: a path or a query may be wrong as well."""
    lost, resolution = [each.timeline for each in asked if is_lost(each.timeline)], case.resolution
    if not lost or _is_misrouted(case):
        return None, ""
    direct, is_all_unknown = case.handshake("direct"), all(map(is_unknown, lost))
    spreads_clients = resolution is not None and balancing_of(resolution).spreads_clients
    if spreads_clients and direct is not None and direct.is_complete:
        return ("confirmed" if is_all_unknown else "likely"), _ALL_LOST
    is_named = is_all_unknown and all(_NAMES_SESSION.search(each.excerpt) for each in lost)
    is_refuted = resolution is not None and not spreads_clients and direct is not None
    if not is_named or is_refuted:
        return None, ""
    # A gateway that drops Mcp-Session-Id is answered alike by some servers.
    proxied = case.handshake("proxy")
    is_by_header = proxied is not None and proxied.transport != "http+sse"
    return ("possible" if is_by_header else "likely"), _ALL_UNKNOWN


def _fix(case: Case, balancing: Balancing, *, by_backend: bool) -> Fix | None:
    """Who has to act: Nginx cannot choose between processes behind one address."""
    is_undecided = case.resolution is not None and not balancing.peers
    if by_backend or (case.resolution is not None and not balancing.spreads_clients):
        return _EITHER if is_undecided and not by_backend else _BACKEND
    return None if case.resolution or streams.follow_ups(case, "affinity-direct") else _EITHER


def _is_misrouted(case: Case) -> bool:
    """True if the config leads the messages elsewhere, or drops the query with the session's id."""
    message = case.message_resolution
    drops_query = message is not None and posts.drops_query(message)
    return drops_query or posts.reaches_backend(case) is False


def _evidence(case: Case, asked: Sequence[FollowUpResult], side: Side) -> tuple[Evidence, ...]:
    """The live stream, the message that the handshake lost, and a message of each kind."""
    lost = lost_message(case.handshake(side))
    live = [probe for probe in streams.counted_probes(case.proxy) if probe.outcome == "live"]
    taken = [each for each in asked if is_taken(each.timeline)]
    failing = [each for each in asked if is_lost(each.timeline)]
    sessions = plural(len({each.why for each in asked}), "further session")
    count = tr(
        "{lost} of {count} in {sessions} did not reach it",
        count=plural(len(asked), "message"),
        sessions=sessions,
        lost=len(failing),
    )
    return (
        *map(result_evidence, live[:1]),
        *([post_evidence(lost)] if lost else []),
        Evidence("follow-up", asked[0].timeline.probe.label, count),
        *map(follow_up_evidence, (*taken[-1:], *failing[-1:])),
    )


def _peers_evidence(case: Case, balancing: Balancing) -> tuple[Evidence, ...]:
    if case.resolution is None or len(balancing.peers) < 2:
        return ()
    method = balancing.method or _lacking(balancing)
    text = tr(
        "{count} servers ({peers}): {method}",
        count=len(balancing.peers),
        peers=safe(comma_list(balancing.peers), 200),
        method=method,
    )
    return (Evidence("config", str(balancing.where or case.resolution.config.main), text),)


def _lacking(balancing: Balancing) -> str:
    """Why a client does not stay at one server."""
    if balancing.varying_key:
        key = safe(balancing.varying_key, 80)
        return tr(
            "hash {key} differs between requests of the same client, so they reach different "
            "servers",
            key=key,
        )
    return tr("nothing keeps a client at the same server")


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """Several servers, and nothing binds a client to one of them."""
    balance = balancing_of(resolution)
    if not balance.spreads_clients:
        return ()
    text = tr(
        "{count} servers, and {lacking}: a server that keeps sessions in memory loses messages",
        count=len(balance.peers),
        lacking=_lacking(balance),
    )
    return (rule.config_finding(str(balance.where or resolution.config.main), text),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """One peer for all requests of a client."""
    return (_HASH,)


RULE = Rule(
    id="no-affinity",
    stage=Stage.MESSAGE,
    fix=Fix(tr("ip_hash, or hash $binary_remote_addr consistent, in the upstream"), "nginx"),
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
