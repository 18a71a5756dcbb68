"""The cache answers with an old stream: the same session for everybody, and it is gone."""

from collections import Counter
from collections.abc import Iterable

from wizard.diagnose.facts.directives import ignores_header, place_of
from wizard.diagnose.facts.evidence import setting_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.settings import NginxSettings, cache_off
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.events import SseEvent
from wizard.model.handshake import Handshake
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.text.display import safe

_ALONE = (
    "A session id is made for one stream, so the same one twice is a copy. That the backend makes "
    "a new one each time was not seen: give --direct to confirm."
)
DISTINGUISHES = (
    "A session id is made for one stream, and the backend asked directly makes a new one each "
    "time. The same id twice is a copy; its session ended with the stream that was copied."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Two streams through the proxy name the same endpoint; direct each has its own."""
    through = _named([result.timeline for result in case.proxy], case.handshake("proxy"))
    direct = _named([result.timeline for result in case.direct], case.handshake("direct"))
    twice = [one for one, count in Counter(name for _, name in through).items() if count > 1]
    own = len({name for _, name in direct}) >= max(2, len(direct))
    if not twice or not (own if direct else _caches(case)):
        return None
    same = ", ".join(label for label, name in through if name == twice[0])
    others = f"{len(direct)} streams, and each names another endpoint"
    evidence = (
        Evidence("probe", same, f"the same endpoint in each: {safe(twice[0], 120)}"),
        *((Evidence("probe", "sse-direct", others),) if direct else ()),
        *_cached_by(case),
        *_config(case),
    )
    sure = _confidence(case) if direct else "likely"
    return rule.finding(sure, evidence, DISTINGUISHES if direct else _ALONE)


def _named(lines: Iterable[Timeline], spoken: Handshake | None) -> list[tuple[str, str]]:
    """Each stream with the endpoint that it named."""
    found = [(line.probe.label, name) for line in lines if (name := _endpoint(line))]
    if spoken is None or not spoken.endpoint:
        return found
    return [*found, (f"mcp-{spoken.side}", spoken.endpoint)]


def _endpoint(line: Timeline) -> str:
    events = (item for item in line.tail if isinstance(item, SseEvent))
    return next((item.data for item in events if item.type == "endpoint"), "")


def _caches(case: Case) -> bool:
    return case.resolution is not None and case.resolution.value(_setting(case)) not in ("", "off")


def _setting(case: Case) -> str:
    return f"{case.resolution.prefix}_cache" if case.resolution else ""


def _confidence(case: Case) -> Confidence:
    if _caches(case):
        return "confirmed"
    return "likely" if case.resolution is None or _cached_by(case) else "possible"


def _cached_by(case: Case) -> tuple[Evidence, ...]:
    """What a cache says of itself in the response."""
    for result in case.proxy:
        for name in ("x-cache-status", "x-proxy-cache", "x-cache", "age"):
            value = result.timeline.header(name)
            if value and (name == "age" or "hit" in value.lower()):
                text = f"the response says {name}: {safe(value, 80)}"
                return (Evidence("probe", result.timeline.probe.label, text),)
    return ()


def _config(case: Case) -> tuple[Evidence, ...]:
    resolution = case.resolution
    if resolution is None or not _caches(case):
        return ()
    ignored = f"{resolution.prefix}_ignore_headers"
    names = (_setting(case), *((ignored,) if resolution.value(ignored) else ()))
    return tuple(setting_evidence(resolution, name) for name in names)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The stream is cached although the backend forbids it."""
    name = f"{resolution.prefix}_cache"
    if resolution.value(name) in ("", "off") or not ignores_header(resolution, "cache-control"):
        return ()
    text = (
        f"{name} {safe(resolution.value(name), 40)}, and Cache-Control is ignored: a stream that "
    )
    text += "has ended is replayed to others"
    return (rule.config_finding(place_of(resolution, name), text),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """No cache for the stream."""
    return (cache_off(resolution),)


RULE = Rule(
    id="cache-replay",
    stage=Stage.HOLD,
    fix=Fix("proxy_cache off in the location that serves the stream", "nginx"),
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
    settings=NginxSettings(stream=settings),
)
