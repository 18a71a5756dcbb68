"""The backend takes longer to answer than Nginx waits for the first byte."""

from wizard.diagnose.facts import directives, logs, posts, streams
from wizard.diagnose.facts.disconnects import is_near
from wizard.diagnose.facts.evidence import log_evidence, setting_evidence, setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import LONG_TIMEOUT_S, NginxSettings, in_force, prefix_of
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, connected_s
from wizard.nginx.settings import duration_s
from wizard.text.display import seconds
from wizard.text.messages import tr

_WHY_READ_TIMEOUT = tr(
    "how long the backend may take until it answers {}: {}, and then Nginx answers 504. The "
    "server should also send progress notifications"
)


_REPRODUCED_NOT = tr(
    "The logs show this for other clients' requests. None of ours took that long, so it was not "
    "measured in this run."
)
_FIX_STREAM = Fix(
    tr("a longer {stream}_read_timeout in the location that serves the stream"), "nginx"
)
_PATIENCE_S = 300.0
"""No usual client waits longer than this for an answer, in seconds."""


def check(rule: Rule, case: Case) -> Finding | None:
    """The POST gets 504 after proxy_read_timeout, and the backend itself takes longer.

    Our own POST may be a quick one: then the POSTs of other clients, as the logs show them.
    """
    if _failed_get(case):
        return _of_stream(rule, case)
    failed = posts.failed_post(case)
    if failed is None or failed.status != 504:
        return _of_others(rule, case)
    path, limit_s = posts.message_path(case), directives.read_timeout_s(case.message_resolution)
    # Lines about the message's path that were written since the probes began are ours.
    logged = [line for line in streams.log_lines(case, "header-timeout") if path in line.text]
    wait_s = _wait_s(failed.answer)
    at_limit = _is_at(limit_s, wait_s)
    confidence = _confidence(failed, limit_s, at_limit=at_limit, logged=bool(logged))
    settings = _config_evidence(case.message_resolution)
    evidence = (*failed.evidence, *settings, *map(log_evidence, logged[:1]))
    return rule.finding(confidence, evidence, _distinguishes(failed)) if confidence else None


def _failed_get(case: Case) -> posts.FailedPost | None:
    """The stream's own GET, if Nginx itself answers it 504 and the direct one is answered later."""
    failed = posts.failed_stream(case) if case.target.method == "GET" else None
    if failed is None or failed.status != 504 or not failed.by_nginx or failed.accepted is None:
        return None
    return failed if _wait_s(failed.accepted) > _wait_s(failed.answer) else None


def _of_stream(rule: Rule, case: Case) -> Finding | None:
    """The stream's GET gets 504, and the direct one its headers only after that time."""
    failed, limit_s = _failed_get(case), directives.read_timeout_s(case.resolution)
    if failed is None or failed.accepted is None:
        return None
    if limit_s is not None and not _is_at(limit_s, _wait_s(failed.answer)):
        return None
    logged = streams.own_log_lines(case, "header-timeout")
    confidence: Confidence = "confirmed" if limit_s is not None or logged else "possible"
    evidence = (
        *(
            Evidence("probe", each.probe.label, _describe(each))
            for each in (failed.answer, failed.accepted)
        ),
        *_config_evidence(case.resolution),
        *map(log_evidence, logged[:1]),
    )
    return rule.finding(confidence, evidence, _distinguishes(failed), fix=_FIX_STREAM)


def _describe(answer: Timeline) -> str:
    return tr("HTTP {status} after {wait_s}", status=answer.status, wait_s=seconds(_wait_s(answer)))


def _is_at(limit_s: float | None, wait_s: float) -> bool:
    """True if this wait ended when the timeout did."""
    return limit_s is not None and abs(wait_s - limit_s) <= max(0.5, 0.05 * limit_s)


def _confidence(
    failed: posts.FailedPost, limit_s: float | None, *, at_limit: bool, logged: bool
) -> Confidence | None:
    backend_s = _wait_s(failed.accepted) if failed.accepted else 0.0
    if logged or (at_limit and limit_s is not None and backend_s > limit_s):
        return "confirmed"
    if limit_s is None:
        return "possible"
    if at_limit:
        return "possible" if failed.accepted else "likely"
    return None


def _wait_s(answer: Timeline) -> float:
    """Seconds from the connection to the answer."""
    return (answer.headers_s or 0.0) - connected_s(answer)


def _config_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    if resolution is None or not directives.is_proxied(resolution):
        return ()
    return (setting_evidence(resolution, directives.read_timeout_name(resolution)),)


def _of_others(rule: Rule, case: Case) -> Finding | None:
    failures = logs.failures_of_others(case, "header-timeout", "gateway")
    posted = [each for each in failures if each.failure.method == "POST"]
    timed_out = [each for each in posted if each.failure.tag == "header-timeout"]
    answered = [each for each in posted if each.failure.status == 504]
    if not timed_out and not answered:
        return None
    confidence = _confidence_of_others(timed_out, answered)
    shown = (*timed_out[:1], *answered[:1])
    resolution = shown[0].resolution
    names = [directives.read_timeout_name(resolution)] if resolution else []
    evidence = (*(each.evidence for each in shown), *setting_evidences(resolution, *names))
    return rule.finding(confidence, evidence, _REPRODUCED_NOT) if confidence else None


def _confidence_of_others(
    timed_out: list[logs.PathFailure], answered: list[logs.PathFailure]
) -> Confidence | None:
    """Rate the lines of other clients; None if the timeout in force is not the one that ended them.

    The error log tells a slow answer from a connection that was never made, and the access log how
    long it took.
    """
    first = (*timed_out, *answered)[0]
    waits = [wait for each in answered for wait in each.failure.waits]
    limit_s = directives.read_timeout_s(first.resolution)
    if limit_s is not None and waits:
        return "likely" if any(is_near(wait, limit_s) for wait in waits) else None
    if limit_s is not None and limit_s > _PATIENCE_S:
        return None
    if timed_out:
        return "possible" if first.is_outdated else "likely"
    return "possible"


def _distinguishes(failed: posts.FailedPost) -> str:
    text = tr("Nginx gave up after {wait_s}", wait_s=seconds(_wait_s(failed.answer)))
    if failed.accepted is None:
        return tr("{text}. It was not measured how long the backend would have taken.", text=text)
    return tr(
        "{text}. The backend itself answered the same request after {wait_s}, so it is slow, "
        "not unreachable.",
        text=text,
        wait_s=seconds(_wait_s(failed.accepted)),
    )


def stream_settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The same for the stream, where its own GET fails."""
    return _longer(resolution, tr("the GET of the stream")) if _failed_get(case) else ()


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A longer read timeout for messages, unless the stream's own GET is what fails."""
    return () if _failed_get(case) else _longer(resolution, "a POST")


def _longer(resolution: RequestResolution | None, what: str) -> tuple[Change, ...]:
    """A longer read timeout: an hour, or four times one that is longer already."""
    name = f"{prefix_of(resolution)}_read_timeout"
    now = (duration_s(resolution.value(name) or "60") if resolution else 60.0) or 0
    wanted = LONG_TIMEOUT_S if now < LONG_TIMEOUT_S else int(now * 4)
    reason = _WHY_READ_TIMEOUT.format(what, in_force(f"{now:g} s", resolution))
    return (Change(name, f"{wanted}s", reason),)


RULE = Rule(
    id="header-timeout-504",
    stage=Stage.MESSAGE,
    fix=Fix(
        tr("a longer {messages}_read_timeout in the location that takes the messages"), "nginx"
    ),
    check=check,
    settings=NginxSettings(stream=stream_settings, messages=settings),
)
