"""Nginx's compression holds the stream for clients that accept gzip."""

from wizard.diagnose.facts import addresses, directives, streams
from wizard.diagnose.facts.evidence import result_evidence, setting_evidences
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, unbuffered
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

LIVE_OUTCOMES = frozenset({"live", "ended", "cut"})
"""Outcomes of a plain twin; if it is late as well, gzip is not the cause."""
_DISTINGUISHES = tr("The same request is live without Accept-Encoding: gzip and held with it.")
_DIRECT = tr(
    "A direct request with gzip is live, so the backend's own compression is not the cause."
)
_NO_DIRECT = tr("Whether the backend compresses by itself was not measured: {add_direct}.")
_WHY_GZIP = tr(
    "with buffering off, gzip holds nothing any more, but it compresses each event by itself, "
    "which saves nothing on a stream"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Held with gzip and live without it, at the same HTTP version; both are live directly."""
    pairs = _pairs_with_plain(case)
    if not pairs or (case.direct and not streams.live_direct_probes(case, "gzip")):
        return None
    direct, resolution = streams.live_direct_probes(case, "gzip"), case.resolution
    probes = [*(result for pair in pairs for result in pair), *direct[:1]]
    evidence = tuple(map(result_evidence, probes))
    distinguishes = sentences((_DISTINGUISHES, _DIRECT if direct else _NO_DIRECT))
    if resolution is None:
        is_likely = direct and streams.is_behind_plain_nginx(case)
        return rule.finding("likely" if is_likely else "possible", evidence, distinguishes)
    is_ignored = directives.ignores_x_accel_buffering(resolution)
    if addresses.x_accel_buffering(case) == "no" and not is_ignored:
        return None
    if resolution.value("gzip") != "on" or not directives.is_buffering(resolution):
        return None
    evidence += setting_evidences(
        resolution, "gzip", "gzip_types", f"{resolution.prefix}_buffering"
    )
    predicted = all(streams.could_be_held(case, compressed) for compressed, _ in pairs)
    return rule.finding("confirmed" if predicted else "likely", evidence, distinguishes)


def _pairs_with_plain(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    """Held gzip probes, each with its live plain twin of the same HTTP version."""
    counted = streams.counted_probes(case.proxy)
    plain = {r.timeline.probe.http: r for r in counted if r.outcome in LIVE_OUTCOMES}
    held = streams.held_probes(case, "gzip")
    twins = ((result, plain.get(result.timeline.probe.http)) for result in held)
    return [(compressed, twin) for compressed, twin in twins if twin]


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The config holds a compressed stream that it would deliver uncompressed."""
    held = [row for row in resolution.delivery if row.is_held]
    plain = {(row.client, row.upstream) for row in held if row.encoding == "identity"}
    compressed = {(row.client, row.upstream) for row in held if row.encoding == "gzip"}
    if compressed <= plain:
        return ()
    types = safe(resolution.value("gzip_types"), 80)
    text = tr(
        "gzip with gzip_types {types} and buffering on: held for clients that accept gzip",
        types=types,
    )
    return (rule.config_finding(directives.place_of(resolution, "gzip"), text, "gzip"),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """Neither buffering nor compression for the stream."""
    return (*unbuffered(case, resolution), Change("gzip", "off", _WHY_GZIP))


RULE = Rule(
    id="gzip-plus-buffering",
    stage=Stage.HOLD,
    fix=Fix(
        tr("{stream}_buffering off and gzip off in the location that serves the stream"), "nginx"
    ),
    check=check,
    check_config=check_config,
    config_order=20,
    settings=NginxSettings(stream=settings, ends_buffering=True),
)
