"""A cache replays an old stream, whose session no longer exists, to every client."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.directives import ignores_header, lines_in_force, place_of
from wizard.diagnose.facts.evidence import line_evidence, result_evidence, setting_evidences
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, cache_off
from wizard.model.arrivals import contents
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.handshake import FOLLOWING, OPENING, Exchange, Handshake
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, is_live
from wizard.probe.mcp.signs import endpoint_of
from wizard.text.display import safe
from wizard.text.messages import tr

Events = list[tuple[str, str]]

_ALONE = tr(
    "A session id belongs to one stream, so the same id in two streams shows a copy. Whether "
    "the backend itself makes a new id each time was not checked: {add_direct}."
)
_DISTINGUISHES = tr(
    "A session id belongs to one stream, and the backend makes a new one for each direct "
    "request. Through the proxy the same id came twice, so one of the streams is a copy, and "
    "its session has already ended."
)


_SAME_ANSWER = tr(
    "The backend sends a different answer to each direct request. Through the proxy the same "
    "answer came twice, and a cache is in force for this path, so it is a copy."
)
_SAME_REPLY = tr(
    "The reply to a message has the message's id, so two messages cannot have the same one: it "
    "is a copy of an old reply. All clients that open a session may get the same one."
)
_WAITS = tr(
    "One of our streams is served at once, the next one gets nothing, and proxy_cache_lock lets a "
    "request wait for the answer of an equal one that is on its way: for a stream that is as long "
    "as proxy_cache_lock_timeout."
)
MIN_EVENTS = 3
"""From how many events on two answers are not equal by chance."""


def check(rule: Rule, case: Case) -> Finding | None:
    """The session of a stream, a finite answer or a reply is a copy; or a stream waits for one."""
    checks = (_copied_session, _copied_answer, _copied_reply, _waiting_stream)
    return next((finding for each in checks if (finding := each(rule, case))), None)


def _copied_reply(rule: Rule, case: Case) -> Finding | None:
    """A message is answered with the very reply that an earlier, other message got."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    exchanges = [each for each in proxied.exchanges if _is_reply(each)] if proxied else []
    pairs = (pair for pair in combinations(exchanges, 2) if _are_copies(*pair))
    first, failed = next(pairs, (None, None))
    if first is None or failed is None or direct is None or not direct.is_complete:
        return None
    resolution = case.message_resolution
    lines = _cache_lines(resolution, "cache", "cache_methods") if resolution else ()
    is_cached = any("POST" in map(str.upper, line.args) for line in lines)
    text = tr(
        "{second} is answered with the same {count} characters as {first}",
        second=failed.name,
        first=first.name,
        count=len(failed.timeline.excerpt.strip()),
    )
    evidence = (
        Evidence("probe", failed.timeline.probe.label, text),
        Evidence("probe", "mcp-direct", tr("each message gets its own reply, to the end")),
        *map(line_evidence, lines if is_cached else ()),
    )
    confidence: Confidence = "confirmed" if is_cached else "possible"
    return rule.finding(confidence, evidence, _SAME_REPLY)


def _is_reply(exchange: Exchange) -> bool:
    """True for a message of our own that is answered with a result."""
    is_result = '"result"' in exchange.timeline.excerpt
    return exchange.name in (*OPENING, *FOLLOWING) and exchange.timeline.status == 200 and is_result


def _are_copies(first: Exchange, second: Exchange) -> bool:
    return first.timeline.excerpt == second.timeline.excerpt and first.name != second.name


def _waiting_stream(rule: Rule, case: Case) -> Finding | None:
    """One stream is served, and the next waits until that one is complete in the cache."""
    resolution, live = case.resolution, [each for each in case.proxy if each.outcome == "live"]
    waiting = [each for each in case.proxy if each.outcome in ("held", "late")]
    if resolution is None or not live or not waiting or not _is_cached(case):
        return None
    lines = _cache_lines(resolution, "cache", "cache_lock")
    if not any(line.name.endswith("_lock") and line.args == ("on",) for line in lines):
        return None
    if not all(streams.is_unexpected(case, each) for each in waiting):
        return None
    results = map(result_evidence, (*live[:1], *waiting[:1]))
    evidence = (*results, *map(line_evidence, lines))
    return rule.finding("likely", evidence, _WAITS, explains=frozenset({"proxy-buffering-hold"}))


def _cache_lines(resolution: RequestResolution, *names: str) -> tuple[Directive, ...]:
    """The last line in force of each of these directives, which lack the module's prefix."""
    lines = (lines_in_force(resolution, f"{resolution.prefix}_{name}") for name in names)
    return tuple(found[-1] for found in lines if found)


def _copied_answer(rule: Rule, case: Case) -> Finding | None:
    """All proxied answers are the same, and the direct ones differ from them and each other."""
    copies = [result.timeline for result in case.proxy if result.outcome == "ended"]
    answers = [contents(timeline) for timeline in copies]
    others = [contents(r.timeline) for r in case.direct if is_live(r.timeline)]
    if len(copies) < 2 or len(others) < 2 or not (_is_cached(case) or _cache_headers(case)):
        return None
    first, known = answers[0], [answers[0], *others]
    is_copy = len(first) >= MIN_EVENTS and all(answer == first for answer in answers)
    if not is_copy or any(_are_alike(*pair) for pair in combinations(known, 2)):
        return None
    labels = ", ".join(timeline.probe.label for timeline in copies)
    evidence = (
        Evidence("probe", labels, tr("the same {count} events in each stream", count=len(first))),
        Evidence(
            "probe",
            "sse-direct",
            tr("{count} streams, and each has other events", count=len(others)),
        ),
        *_cache_headers(case),
        *_config_evidence(case),
    )
    return rule.finding("likely", evidence, _SAME_ANSWER)


def _are_alike(first: Events, second: Events) -> bool:
    """True if two answers begin alike, or if one is too short to tell."""
    size = min(len(first), len(second))
    return size < MIN_EVENTS or first[:size] == second[:size]


def _copied_session(rule: Rule, case: Case) -> Finding | None:
    """Two proxied streams name the same endpoint; direct streams each name their own."""
    proxied = _endpoints([result.timeline for result in case.proxy], case.handshake("proxy"))
    direct = _endpoints([result.timeline for result in case.direct], case.handshake("direct"))
    repeated = [name for name, count in Counter(name for _, name in proxied).items() if count > 1]
    distinct = len({name for _, name in direct}) >= max(2, len(direct))
    if not repeated or not (distinct if direct else _is_cached(case)):
        return None
    labels = ", ".join(label for label, name in proxied if name == repeated[0])
    text = tr("{count} streams, and each names another endpoint", count=len(direct))
    evidence = (
        Evidence(
            "probe",
            labels,
            tr("the same endpoint in each stream: {repeated}", repeated=safe(repeated[0], 120)),
        ),
        *((Evidence("probe", "sse-direct", text),) if direct else ()),
        *_cache_headers(case),
        *_config_evidence(case),
    )
    confidence = _confidence(case) if direct else "likely"
    return rule.finding(confidence, evidence, _DISTINGUISHES if direct else _ALONE)


def _endpoints(timelines: Iterable[Timeline], handshake: Handshake | None) -> list[tuple[str, str]]:
    """The label and the endpoint of each stream that names one."""
    endpoints = [(timeline.probe.label, endpoint_of(timeline) or "") for timeline in timelines]
    if handshake:
        endpoints.append((f"mcp-{handshake.side}", handshake.endpoint))
    return [(label, name) for label, name in endpoints if name]


def _is_cached(case: Case) -> bool:
    zone = case.resolution.value(_cache_name(case)) if case.resolution else ""
    return zone not in ("", "off")


def _cache_name(case: Case) -> str:
    return f"{case.resolution.prefix}_cache" if case.resolution else ""


def _confidence(case: Case) -> Confidence:
    if _is_cached(case):
        return "confirmed"
    return "likely" if case.resolution is None or _cache_headers(case) else "possible"


def _cache_headers(case: Case) -> tuple[Evidence, ...]:
    """A response header that a cache adds on a hit."""
    for timeline in (result.timeline for result in case.proxy):
        for name in ("x-cache-status", "x-proxy-cache", "x-cache", "age"):
            value = timeline.header(name)
            if value and (name == "age" or "hit" in value.lower()):
                text = tr("the response says {name}: {value}", name=name, value=safe(value, 80))
                return (Evidence("probe", timeline.probe.label, text),)
    return ()


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    resolution = case.resolution
    if resolution is None or not _is_cached(case):
        return ()
    ignored = f"{resolution.prefix}_ignore_headers"
    names = [ignored] if resolution.value(ignored) else []
    return setting_evidences(resolution, _cache_name(case), *names)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The stream is cached although the backend forbids it."""
    name = f"{resolution.prefix}_cache"
    if resolution.value(name) in ("", "off") or not ignores_header(resolution, "cache-control"):
        return ()
    text = tr(
        "{name} {value}, and Cache-Control is ignored: a stream that has ended is sent again to "
        "other clients",
        name=name,
        value=safe(resolution.value(name), 40),
    )
    return (rule.config_finding(place_of(resolution, name), text, name),)


RULE = Rule(
    id="cache-replay",
    stage=Stage.HOLD,
    fix=Fix(tr("{stream}_cache off in the location that serves the stream"), "nginx"),
    explains=frozenset(
        {
            "endpoint-prefix-lost",
            "idle-read-timeout",
            "message-path-unrouted",
            "no-affinity",
            "outer-timeout",
            "query-dropped",
        }
    ),
    check=check,
    check_config=check_config,
    config_order=120,
    settings=NginxSettings(stream=cache_off),
)
