"""Compression keeps the stream back for clients that accept gzip."""

from wizard.diagnose.rules import seen
from wizard.diagnose.rules.rule import Rule, Station
from wizard.model.case import Case, Cell
from wizard.model.diagnosis import Finding, Fix

LIVE = frozenset({"live", "ended", "cut"})
"""What a twin must be; one that is late as well shows that gzip is not what delays."""


def check(rule: Rule, case: Case) -> Finding | None:
    """With gzip held, without it live, at the same HTTP version; direct both are live."""
    pairs = _pairs(case)
    if not pairs or not _backend_is_live_with_gzip(case):
        return None
    evidence = [seen.of_cell(cell) for pair in pairs for cell in pair]
    site = case.site
    if site is None:
        sure = "likely" if seen.behind_plain_nginx(case) else "possible"
        return rule.found(sure, tuple(evidence), _APART)  # type: ignore[arg-type]
    if seen.x_accel_buffering(case) == "no" and not seen.ignores_header(site, "x-accel-buffering"):
        return None
    if site.value("gzip") != "on" or not seen.buffering(site):
        return None
    evidence += [seen.of_setting(site, name) for name in ("gzip", "gzip_types", "proxy_buffering")]
    agreed = all(seen.could_hold(case, zipped) for zipped, _ in pairs)
    return rule.found("confirmed" if agreed else "likely", tuple(evidence), _APART)


def _pairs(case: Case) -> list[tuple[Cell, Cell]]:
    """A held gzip cell with its live twin that does not accept gzip."""
    plain = {cell.timeline.leg.http: cell for cell in seen.cells(case.proxy, "identity")}
    twins = [(cell, plain.get(cell.timeline.leg.http)) for cell in seen.held(case, "gzip")]
    return [(zipped, twin) for zipped, twin in twins if twin and twin.outcome in LIVE]


def _backend_is_live_with_gzip(case: Case) -> bool:
    return not case.direct or bool(seen.live_direct(case, "gzip"))


_APART = (
    "The same request is live without Accept-Encoding: gzip and held with it; the backend asked "
    "directly with gzip is live, so it is not the backend's own compression."
)

RULE = Rule(
    id="gzip-plus-buffering",
    station=Station.HOLD,
    title="gzip holds the stream for clients that accept it",
    what="gzip is on for this media type (`gzip_types` names text/event-stream or `*`) while "
    "buffering is on. The compressor collects input and is not told to flush.",
    hurts="Browsers and most SDKs accept gzip and hang, while curl, which does not ask for it, "
    "works: the fault hides from the one who investigates.",
    shows="Held only in the cells that accept gzip, live in those that do not, and live direct.",
    mend="`proxy_buffering off;` and `gzip off;` in the location that serves the stream.",
    wrong="`Cache-Control: no-transform` from the backend: Nginx ignores it.",
    references=(
        "https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_types",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering",
    ),
    fix=Fix("proxy_buffering off and gzip off in the location that serves the stream", "nginx"),
    check=check,
)


def fires() -> Case:
    """gzip for all types, and a backend that answers in chunks."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        settings={"proxy_buffering": "on", "gzip": "on", "gzip_types": "*"},
    )


def silent() -> Case:
    """The backend's own compression is what holds."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        direct_gzip="held",
        settings={"proxy_buffering": "on", "gzip": "off"},
    )
