"""The URL is redirected to itself with, or without, a trailing slash."""

from urllib.parse import urljoin, urlsplit

from wizard.diagnose.facts import directives, posts
from wizard.diagnose.facts.evidence import location_name, path_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import Timeline
from wizard.text.display import safe

REDIRECTS = frozenset({301, 302, 307, 308})
_NGINX = Fix("use the exact URL, or serve the path without the slash (`location = …`)", "nginx")


def check(rule: Rule, case: Case) -> Finding | None:
    """A redirect whose Location differs only by the trailing slash of its path."""
    failed = posts.failed_post(case)
    answers = [*(result.timeline for result in case.proxy), *([failed.answer] if failed else [])]
    answer = next((answer for answer in answers if _slash_target(answer)), None)
    if answer is None:
        return None
    direct = [result.timeline for result in case.direct if _slash_target(result.timeline)]
    resolutions = filter(None, (case.resolution, case.message_resolution))
    is_static = not all(map(directives.is_proxied, resolutions))
    fix = _NGINX if is_static and not direct else None
    evidence = (*map(_redirect_evidence, (answer, *direct[:1])), *_config_evidence(case))
    distinguishes = _distinguishes(answer, by_backend=bool(direct))
    return rule.finding("confirmed", evidence, distinguishes, fix=fix)


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    location = case.resolution.location if case.resolution else None
    if location is None or case.resolution is None or directives.is_proxied(case.resolution):
        return (path_evidence(case.resolution),) if case.resolution else ()
    text = f"{location_name(location)}: {safe(location.reason, 200)}"
    return (Evidence("config", str(location.directive.where), text),)


def _slash_target(answer: Timeline) -> str:
    """The target of a redirect that only adds or removes a slash; empty for any other answer."""
    if answer.status not in REDIRECTS:
        return ""
    url = answer.probe.url
    try:
        target = urljoin(url, (answer.header("location") or "").strip())
        path, new_path, _ = urlsplit(url).path, urlsplit(target).path, urlsplit(target).port
    except ValueError:
        return ""
    return target if path != new_path and path.rstrip("/") == new_path.rstrip("/") else ""


def _redirect_evidence(answer: Timeline) -> Evidence:
    path = safe(urlsplit(answer.probe.url).path, 120)
    location = safe(answer.header("location") or "", 200)
    text = f"{path} answered {answer.status} with Location: {location}"
    return Evidence("probe", answer.probe.label, text)


def _distinguishes(answer: Timeline, *, by_backend: bool) -> str:
    origin = "The backend itself redirects, without Nginx as well." if by_backend else ""
    public, target = urlsplit(answer.probe.url), urlsplit(_slash_target(answer))
    problems = []
    if public.scheme == "https" and target.scheme == "http":
        problems.append("to http://, where the public URL is https://")
    if public.hostname != target.hostname or (public.port != target.port and not problems):
        problems.append(f"to {safe(target.netloc, 120)}, which is not the public address")
    suffix = f" It leads {' and '.join(problems)}: most clients fail there." if problems else ""
    return f"The two paths differ only by the slash. {origin}{suffix}".replace("  ", " ").strip()


RULE = Rule(
    id="slash-redirect",
    stage=Stage.ROUTE,
    fix=Fix("use the exact URL, with or without the slash as the server names it", "client"),
    check=check,
)
