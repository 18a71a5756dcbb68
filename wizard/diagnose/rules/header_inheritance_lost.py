"""One header set in the location, and all that the outer levels set are gone."""

from urllib.parse import urlsplit

from wizard.diagnose.facts import directives, streams
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.settings import HEADER_NOTES, NginxSettings, own_lines, repeated_lines
from wizard.model.case import Case, ProbeResult
from wizard.model.change import Change, change_key
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.model.timeline import Timeline
from wizard.nginx.settings import DroppedHeaders, dropped_headers
from wizard.nginx.upstream import default_host
from wizard.text.display import safe

Said = tuple[Confidence, tuple[Evidence, ...]]
CREDENTIALS = ("authorization", "api-key", "apikey", "token", "secret", "x-auth")
PROTO = frozenset({"x-forwarded-proto", "x-forwarded-scheme", "x-scheme", "forwarded"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SYMPTOMS = frozenset(
    {"auth-gate", "host-origin-rejected", "slash-redirect", "oauth-metadata-lost"}
)
_DISTINGUISHES = (
    "What goes wrong is what the lost header would have prevented: the backend, asked directly "
    "without it, says the same, or it names the inner address that it was told."
)
_QUIET = "Nothing is seen to go wrong: this backend does not miss them yet."


def check(rule: Rule, case: Case) -> Finding | None:
    """A fault where the lack of just that header is seen to do harm; else a risk."""
    resolution = case.resolution
    failing = (
        dropped_headers(resolution) if resolution and directives.is_proxied(resolution) else None
    )
    if failing is None or resolution is None:
        return None
    config = _of_config(failing)
    shown = (
        _credential(case, resolution, failing)
        or _host(case, resolution, failing)
        or _proto(case, failing)
    )
    if shown is None:
        return rule.finding("likely", config, _QUIET, latent=True)
    sure, evidence = shown
    explains = _SYMPTOMS if sure == "confirmed" else frozenset[str]()
    return rule.finding(sure, (*evidence, *config), _DISTINGUISHES, explains=explains)


def _credential(case: Case, resolution: RequestResolution, failing: DroppedHeaders) -> Said | None:
    """401 or 403 from the backend, which asks for what the outer level would have sent."""
    named = [name for name in failing.names if any(one in name for one in CREDENTIALS)]
    refused = [result for result in case.proxy if result.timeline.status in (401, 403)]
    guards = {resolution.value("auth_basic"), resolution.value("auth_request")} - {"", "off"}
    if not named or not refused or guards:
        return None
    same = [c for c in case.direct if c.timeline.status == refused[0].timeline.status]
    evidence = (*_of(refused), *map(result_evidence, same[:1]), *_of_root(case))
    return ("confirmed" if same and _of_root(case) else "likely"), evidence


def _of_root(case: Case) -> tuple[Evidence, ...]:
    """That / is admitted, where the outer set still holds."""
    if case.root is None or not 200 <= (case.root.status or 0) < 400:
        return ()
    if case.root_resolution is None or dropped_headers(case.root_resolution) is not None:
        return ()
    return (
        Evidence("probe", case.root.probe.label, f"/, which has them, answers {case.root.status}"),
    )


def _host(case: Case, resolution: RequestResolution, failing: DroppedHeaders) -> Said | None:
    """The backend names, or refuses, the inner name that Nginx sends in place of the public one."""
    if "host" not in failing.names:
        return None
    inner = _inner_names(resolution)
    moved = [
        result for result in case.proxy if _netloc(result.timeline.header("location")) in inner
    ]
    if moved:
        return "confirmed", _of(moved)
    spoken = case.handshake("proxy")
    if spoken is not None and _netloc(spoken.endpoint) in inner:
        said = f"the endpoint event names {safe(spoken.endpoint, 120)}"
        return "confirmed", (Evidence("probe", "mcp-proxy", said),)
    refused = [result for result in case.proxy if result.timeline.status in (400, 403, 404, 421)]
    # Asked directly under the name that Nginx sends now, the backend refuses likewise.
    same = [r for r in streams.follow_ups(case, "public-host") if _is_like(r.timeline, refused)]
    if not same:
        return None
    evidence = (*_of(refused), follow_up_evidence(same[0]), *_of_root(case))
    return ("confirmed" if _of_root(case) else "likely"), evidence


def _is_like(line: Timeline, refused: list[ProbeResult]) -> bool:
    return line.status is not None and line.status in {result.timeline.status for result in refused}


def _inner_names(resolution: RequestResolution) -> frozenset[str]:
    """What Nginx sends as Host by default: the name in proxy_pass; and the peers behind it."""
    upstream = resolution.upstream
    own = (
        f"{resolution.request.host}:{resolution.request.port}"
        if resolution.request.port
        else resolution.request.host
    )
    names = {default_host(upstream.passed), *upstream.peers} if upstream else set()
    return frozenset(name.lower() for name in names if name) - {(own or "").lower(), ""}


def _netloc(url: str | None) -> str:
    try:
        return urlsplit(url or "").netloc.lower()
    except ValueError:
        return ""


def _proto(case: Case, failing: DroppedHeaders) -> Said | None:
    """Sent back from https to http, or round in a circle to https."""
    if not PROTO & set(failing.names) or not case.target.url.lower().startswith("https:"):
        return None
    moved = [
        result for result in case.proxy if result.timeline.status in REDIRECTS and _is_odd(result)
    ]
    same = [result for result in case.direct if result.timeline.status in REDIRECTS]
    if not moved:
        return None
    return ("confirmed" if same else "likely"), (*_of(moved), *map(result_evidence, same[:1]))


def _is_odd(result: ProbeResult) -> bool:
    """A redirect to http://, or to the very URL that was asked."""
    target = result.timeline.header("location") or ""
    return target.lower().startswith("http:") or target == result.timeline.probe.url


def _of(results: list[ProbeResult]) -> tuple[Evidence, ...]:
    return tuple(map(result_evidence, results[:1]))


def _of_config(failing: DroppedHeaders) -> tuple[Evidence, ...]:
    names = ", ".join(line.args[0] for line in failing.lines)
    set_here = " ".join(failing.by.args[:1])
    by = f"proxy_set_header {set_here}: with it no header of the outer levels is sent"
    first = f"proxy_set_header stands here, and is not in force for this path, for {names}"
    return (
        Evidence("config", str(failing.by.where), safe(by)),
        Evidence("config", str(failing.lines[0].where), safe(first)),
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The location drops headers that a stream needs."""
    failing = dropped_headers(resolution)
    if failing is None:
        return ()
    names = ", ".join(dict.fromkeys(line.args[0] for line in failing.lines))
    text = f"this set drops what {failing.lines[0].where} sets for {names}"
    return (rule.config_finding(str(failing.by.where), safe(text, 300)),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers of the outer level that the location lost by setting some itself."""
    if resolution is None:
        return ()
    return tuple(
        change
        for name in ("proxy_set_header", "add_header")
        if (own := own_lines(resolution, name))
        for change in repeated_lines(
            resolution, name, {change_key(name, line.args) for line in own}
        )
    )


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """Where an ingress controller takes the headers from."""
    return HEADER_NOTES.get(style, ())


RULE = Rule(
    id="header-inheritance-lost",
    stage=Stage.ADMIT,
    fix=Fix("the location repeats the proxy_set_header lines of the outer level", "nginx"),
    check=check,
    check_config=check_config,
    config_order=90,
    settings=NginxSettings(both=settings, notes=notes),
)
