"""The backend ends its stream at once if it is asked with HTTP/1.0 or `Connection: close`."""

from collections.abc import Iterator

from wizard.diagnose.facts import addresses, disconnects, streams
from wizard.diagnose.facts.directives import is_proxied, place_of
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    follow_up_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.facts.request_difference import AS_SENT, WITH, WITHOUT, named_differences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import (
    HEADER_NOTES,
    NginxSettings,
    prefix_of,
    unbuffered,
)
from wizard.diagnose.upgrade_settings import connection_header
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.settings import HTTP_1_1_SINCE, version_numbers
from wizard.text.display import seconds

AT_ONCE_S = 1.0
"""How soon after its first data, in seconds, a stream must end to have ended at once."""
UPGRADE_REQUIRED = 426
"""What Envoy answers to HTTP/1.0."""
_MEASURED = (
    "The same request, sent to the backend itself with {}, fails as through the proxy, and without "
    "it the backend streams."
)
_READ = (
    "Through the proxy the stream ended at once, in every probe, while the direct one went on; and "
    "the config asks the backend for it with {}, which some backends answer so. The direct request "
    "with it was not made: `curl -N {}` at the backend shows it."
)
_WHY_VERSION = "with HTTP/1.0 the backend ends the stream instead of keeping it open"
_WHY_CONNECTION = "without it the backend is sent Connection: close, and ends the stream"


def check(rule: Rule, case: Case) -> Finding | None:
    """Cut at once through the proxy, and HTTP/1.0 or `Connection: close` is what ends it."""
    resolution = case.resolution
    if resolution is None or not is_proxied(resolution) or resolution.prefix != "proxy":
        return None
    if case.target.upgrade:
        return None  # a WebSocket needs both: websocket-upgrade-missing
    if differences := named_differences(case):
        is_named = all(map(_is_one_of_two, differences))
        return _finding_of(rule, case, differences) if is_named else None
    if any(each.likeness == "served" for each in streams.follow_ups(case, AS_SENT)):
        return None  # the backend streams for the request as Nginx passes it on
    failing = _ended_at_once(case)
    reasons = tuple(_reasons(resolution))
    is_same = addresses.is_direct(case) and len(addresses.upstream_peers(case)) == 1
    is_cached = resolution.value("proxy_cache") not in ("", "off")
    if not failing or not reasons or not is_same or is_cached:
        return None
    words, evidence, option = reasons[0]
    return rule.finding("likely", (*_probes(case, failing), evidence), _READ.format(words, option))


def _is_one_of_two(difference: Difference) -> bool:
    sent = (difference.sent or "").lower()
    if difference.kind == "connection":
        return sent == "close"
    return difference.kind == "http-version" and sent.endswith("1.0")


def _finding_of(rule: Rule, case: Case, differences: tuple[Difference, ...]) -> Finding:
    failing = [r for r in streams.counted_probes(case.proxy) if r.outcome not in ("live", "ended")]
    sent = [*streams.follow_ups(case, WITH), *streams.follow_ups(case, WITHOUT)]
    lines = (
        Evidence("config", str(each.where), f"{_words(each)} to the backend")
        for each in differences
        if each.where
    )
    evidence = (*_probes(case, failing), *map(follow_up_evidence, sent[:2]), *lines)
    what = " and ".join(map(_words, differences))
    return rule.finding("confirmed", evidence, _MEASURED.format(what))


def _words(difference: Difference) -> str:
    return "HTTP/1.0" if difference.kind == "http-version" else "Connection: close"


def _ended_at_once(case: Case) -> list[ProbeResult]:
    """The proxied probes, if each ended at once where a direct one went on, or was refused by 426.

    Empty if one was served, or if Nginx itself ended one.
    """
    results = streams.counted_probes(case.proxy)
    if disconnects.reload_lines(case) or streams.own_log_lines(case, "read-timeout"):
        return []
    direct = streams.live_direct_probes(case)
    failing = [each for each in results if _is_ended(each, direct)]
    return failing if len(failing) == len(results) else []


def _is_ended(result: ProbeResult, direct: tuple[ProbeResult, ...]) -> bool:
    timeline = result.timeline
    if timeline.status == UPGRADE_REQUIRED:
        return bool(direct)
    begun = timeline.first_data_s or timeline.headers_s or 0.0
    is_soon = (timeline.waited_s or 0.0) - begun <= AT_ONCE_S
    is_clean = result.outcome == "cut" and timeline.ended == "eof" and not timeline.pending
    is_outlived = any(disconnects.outlives(other, result) for other in direct)
    return is_clean and timeline.headers_s is not None and is_soon and is_outlived


def _probes(case: Case, failing: list[ProbeResult]) -> tuple[Evidence, ...]:
    direct = streams.live_direct_probes(case)[:1]
    went_on = (
        Evidence(
            "probe", each.timeline.probe.label, f"open after {seconds(each.timeline.waited_s)}"
        )
        for each in direct
        if each.timeline.ended == "open"
    )
    logged = streams.own_log_lines(case, "premature-close")
    return (
        *map(result_evidence, failing[:2]),
        *map(direct_evidence, direct),
        *went_on,
        *map(log_evidence, logged[:1]),
    )


def _reasons(resolution: RequestResolution) -> Iterator[tuple[str, Evidence, str]]:
    """What the config sends that ends such streams: in words, as evidence, and as curl's option."""
    if resolution.value("proxy_http_version") == "1.0":
        yield "HTTP/1.0", setting_evidence(resolution, "proxy_http_version"), "-0 URL"
    elif _sends_close(resolution):
        where = place_of(resolution, "proxy_set_header")
        text = "Connection: close is sent to the backend"
        yield "Connection: close", Evidence("config", where, text), "-H 'Connection: close' URL"


def _sends_close(resolution: RequestResolution) -> bool:
    """True if Nginx surely sends `Connection: close`: it is set, or nothing is before 1.29.7."""
    setting = resolution.settings.get("proxy_set_header")
    entries = (entry for entry in (setting.entries if setting else ()) if len(entry) == 2)
    values = {name.lower(): value.strip().lower() for name, value in entries}
    if "connection" in values:
        return values["connection"] == "close"
    version = version_numbers(resolution.version)
    return resolution.version is not None and version < HTTP_1_1_SINCE


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """HTTP/1.1 without a Connection header, and what a stream in HTTP/1.1 needs."""
    if prefix_of(resolution) != "proxy":
        return ()
    version = Change("proxy_http_version", "1.1", _WHY_VERSION)
    connection = connection_header(resolution, _WHY_CONNECTION)
    return (version, *connection, *unbuffered(case, resolution))


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """Where an ingress controller takes the header from."""
    return HEADER_NOTES.get(style, ())


RULE = Rule(
    id="backend-ends-early",
    stage=Stage.BACKEND,
    fix=Fix("proxy_http_version 1.1 and an empty Connection header in the location", "nginx"),
    explains=frozenset({"proxy-buffering-hold", "outer-timeout", "idle-read-timeout"}),
    check=check,
    settings=NginxSettings(stream=settings, notes=notes),
)
