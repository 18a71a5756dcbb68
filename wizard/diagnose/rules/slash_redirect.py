"""The URL is redirected to itself with, or without, a slash at its end."""

from urllib.parse import urljoin, urlsplit

from wizard.diagnose.facts import directives, posts
from wizard.diagnose.facts.evidence import path_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import Timeline
from wizard.text.display import safe

REDIRECTS = frozenset({301, 302, 307, 308})
_NGINX = Fix("use the exact URL, or serve the path without the slash (`location = …`)", "nginx")


def check(rule: Rule, case: Case) -> Finding | None:
    """A redirect whose Location differs by the slash at the path's end."""
    asked = [result.timeline for result in case.proxy] + _posted(case)
    line = next((line for line in asked if _target(line)), None)
    if line is None:
        return None
    direct = [result.timeline for result in case.direct if _target(result.timeline)]
    own = any(
        resolution and not directives.is_proxied(resolution)
        for resolution in (case.resolution, case.message_resolution)
    )
    fix = _NGINX if own and not direct else None
    evidence = (_of(line), *map(_of, direct[:1]), *_config(case))
    return rule.finding(
        "confirmed", evidence, _distinguishes(line, by_backend=bool(direct)), fix=fix
    )


def _config(case: Case) -> tuple[Evidence, ...]:
    location = case.resolution.location if case.resolution else None
    if location is None or case.resolution is None or directives.is_proxied(case.resolution):
        return (path_evidence(case.resolution),) if case.resolution else ()
    place = f"location {location.modifier} {location.path}".replace("  ", " ")
    said = f"{safe(place, 80)}: {safe(location.reason, 200)}"
    return (Evidence("config", str(location.directive.where), said),)


def _posted(case: Case) -> list[Timeline]:
    failed = posts.failed_post(case)
    return [failed.answer] if failed else []


def _target(line: Timeline) -> str:
    """Where the redirect leads; empty where it is none of this kind."""
    if line.status not in REDIRECTS:
        return ""
    url = line.probe.url
    try:
        target = urljoin(url, (line.header("location") or "").strip())
        asked, named, _ = urlsplit(url).path, urlsplit(target).path, urlsplit(target).port
    except ValueError:
        return ""
    return target if asked != named and asked.rstrip("/") == named.rstrip("/") else ""


def _of(line: Timeline) -> Evidence:
    path = safe(urlsplit(line.probe.url).path, 120)
    said = (
        f"{path} answered {line.status} with Location: {safe(line.header('location') or '', 200)}"
    )
    return Evidence("probe", line.probe.label, said)


def _distinguishes(line: Timeline, *, by_backend: bool) -> str:
    who = "The backend redirects by itself, without Nginx too." if by_backend else ""
    asked, named = urlsplit(line.probe.url), urlsplit(_target(line))
    wrong = []
    if asked.scheme == "https" and named.scheme == "http":
        wrong.append("to http://, where the public URL is https://")
    if asked.hostname != named.hostname or (asked.port != named.port and not wrong):
        wrong.append(f"to {safe(named.netloc, 120)}, which is not the public address")
    leads = f" It leads {' and '.join(wrong)}: most clients get no further." if wrong else ""
    return f"The two paths differ by the slash alone. {who}{leads}".replace("  ", " ").strip()


RULE = Rule(
    id="slash-redirect",
    stage=Stage.ROUTE,
    fix=Fix("use the exact URL, with or without the slash as the server names it", "client"),
    check=check,
)
