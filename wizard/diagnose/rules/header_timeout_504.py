"""The backend takes longer to answer a message than Nginx waits for its first byte."""

from wizard.diagnose.facts import directives, posts
from wizard.diagnose.facts.evidence import log_evidence, setting_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.settings import LONG_TIMEOUT_S, NginxSettings, in_force, prefix_of
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, connected_s
from wizard.nginx.settings import duration_s
from wizard.text.display import seconds

_WHY_READ_TIMEOUT = (
    "how long the backend may think before it answers a POST: {}, and Nginx "
    "answers 504 at its end. Progress notifications from the server are the other half"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """504 to the POST, as late as proxy_read_timeout says, and the backend itself is later."""
    failed = posts.failed_post(case)
    if failed is None or failed.status != 504:
        return None
    logged, limit = _logged(case), _limit(case)
    at_limit = limit is not None and _near(_took(failed.answer), limit)
    confidence = _confidence(failed, limit, at_limit=at_limit, logged=bool(logged))
    if confidence is None:
        return None
    evidence = (*failed.evidence, *_config(case), *(log_evidence(line) for line in logged[:1]))
    return rule.finding(confidence, evidence, _distinguishes(failed))


def _confidence(
    failed: posts.FailedPost, limit: float | None, *, at_limit: bool, logged: bool
) -> Confidence | None:
    slow = limit is not None and failed.accepted is not None and _took(failed.accepted) > limit
    if logged or (at_limit and slow):
        return "confirmed"
    if limit is None:
        return "possible"
    if at_limit:
        return "possible" if failed.accepted else "likely"
    return None


def _took(line: Timeline) -> float:
    """Seconds from the connection to the answer."""
    return (line.headers_s or 0.0) - connected_s(line)


def _near(took: float, limit: float) -> bool:
    return abs(took - limit) <= max(0.5, 0.05 * limit)


def _logged(case: Case) -> tuple[LogLine, ...]:
    """Lines about the message's path: what was written since the probes began is ours."""
    path = posts.message_path(case)
    lines = (line for report in case.logs for line in report.lines)
    return tuple(line for line in lines if line.tag == "header-timeout" and path in line.text)


def _name(case: Case) -> str:
    return f"{case.message_resolution.prefix}_read_timeout" if case.message_resolution else ""


def _limit(case: Case) -> float | None:
    resolution = case.message_resolution
    return (
        duration_s(resolution.value(_name(case)))
        if resolution and directives.is_proxied(resolution)
        else None
    )


def _config(case: Case) -> tuple[Evidence, ...]:
    resolution = case.message_resolution
    return (
        (setting_evidence(resolution, _name(case)),)
        if resolution and directives.is_proxied(resolution)
        else ()
    )


def _distinguishes(failed: posts.FailedPost) -> str:
    said = f"Nginx gave up after {seconds(_took(failed.answer))}"
    if failed.accepted is None:
        return f"{said}; how long the backend would have taken was not seen."
    return (
        f"{said}; the backend itself answered the same message after "
        f"{seconds(_took(failed.accepted))}, so it is slow and not out of reach."
    )


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A longer read timeout: an hour, or four times one that is longer already."""
    name = f"{prefix_of(resolution)}_read_timeout"
    now = (duration_s(resolution.value(name) or "60") if resolution else 60.0) or 0
    wanted = LONG_TIMEOUT_S if now < LONG_TIMEOUT_S else int(now * 4)
    reason = _WHY_READ_TIMEOUT.format(in_force(f"{now:g} s", resolution))
    return (Change(name, f"{wanted}s", reason),)


RULE = Rule(
    id="header-timeout-504",
    stage=Stage.MESSAGE,
    fix=Fix("a longer proxy_read_timeout in the location that takes the messages", "nginx"),
    check=check,
    settings=NginxSettings(messages=settings),
)
