"""The backend closes a kept connection at the moment in which Nginx sends a request over it."""

from wizard.diagnose.facts import logs, streams
from wizard.diagnose.facts.evidence import log_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.as_sent import as_sent
from wizard.nginx.settings import HTTP_1_1_SINCE, duration_s, version_numbers
from wizard.nginx.upstream import upstream_block_of
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

AT_ONCE_S = 0.5
"""How long such a request takes at most, in seconds: its connection is closed already."""
_DEFAULT_S = 60.0
"""How long Nginx keeps an idle connection to an upstream, in seconds
(https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout)."""
_SUGGESTED = "4s"
_PHRASE = "while reading response header from upstream"
_FAST = tr(
    "The backend closed these connections before it answered. The requests failed at once, "
    "while others are served, so Nginx used kept connections that the backend had just closed. "
    "A backend that fails while it works takes longer. Nginx repeats a GET, but never a POST."
)
_UNTIMED = tr(
    "The backend closed these connections before it answered, while other requests are served. "
    "Perhaps Nginx used kept connections that the backend had just closed. A process that "
    "crashes on this request looks the same: $request_time in the access log tells, it is near "
    "0 for a kept connection."
)
_ACCESS_LOG = "access log"
"""The place of what several lines of the access logs say."""
_WHY = tr(
    "shorter than the backend's own limit for idle connections (5 s for Node and Uvicorn, 2 s "
    "for Gunicorn: adapt it), so that Nginx closes first. {} is in force"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A POST now and then fails at once on a connection that Nginx keeps, and others do not."""
    if not _is_served(case) or streams.log_lines(case, "worker-timeout"):
        return None
    own = _own_failure(case)
    failures = [each for each in logs.failures_of_others(case, "premature-close") if _fits(each)]
    resolution = failures[0].resolution if failures else case.message_resolution or case.resolution
    if resolution is None or not (own or failures):
        return None
    kept = kept_connections(resolution)
    if kept is None:
        return None
    waits = _waits(case, failures)
    if any(wait > AT_ONCE_S for wait in waits):
        return None  # the backend worked on it
    is_sure = bool(own) or (bool(waits) and not failures[0].is_outdated)
    confidence: Confidence = "likely" if is_sure else "possible"
    evidence = (*own, *(each.evidence for each in failures[:1]), *_wait_evidence(waits), kept)
    return rule.finding(confidence, evidence, _FAST if is_sure else _UNTIMED)


def _is_served(case: Case) -> bool:
    """True if requests of ours were served through the proxy: it fails now and then only."""
    return any(result.outcome in streams.REACHED for result in case.proxy)


def _fits(failure: logs.PathFailure) -> bool:
    """True for a POST whose connection ended before any answer."""
    return failure.failure.method == "POST" and _PHRASE in failure.failure.text


def _own_failure(case: Case) -> tuple[Evidence, ...]:
    """A POST of ours that got 502 at once, with its line of the error log, beside served ones."""
    lines = [
        line
        for line in streams.own_log_lines(case, "premature-close")
        if line.method == "POST" and _PHRASE in line.text
    ]
    handshake = case.handshake("proxy")
    answers = [each.timeline for each in handshake.exchanges] if handshake else []
    failed = [answer for answer in answers if _failed_at_once(answer)]
    served = [answer for answer in answers if (answer.status or 500) < 500]
    if not lines or not failed or not served:
        return ()
    label, took = failed[0].probe.label, seconds(failed[0].headers_s)
    text = tr(
        "one POST got 502 after {took}, and another one {status}",
        took=took,
        status=served[0].status,
    )
    return (Evidence("probe", label, text), log_evidence(lines[0]))


def _failed_at_once(answer: Timeline) -> bool:
    return answer.status == 502 and (answer.headers_s or 0.0) <= AT_ONCE_S


def _waits(case: Case, failures: list[logs.PathFailure]) -> tuple[float, ...]:
    """How long requests took that got 502 for the same paths, in seconds, by the access logs."""
    paths = {each.failure.path for each in failures}
    gateway = (each.failure for each in logs.failures_of_others(case, "gateway"))
    return tuple(
        wait
        for failure in gateway
        if failure.status == 502 and failure.method == "POST" and failure.path in paths
        for wait in failure.waits
    )


def _wait_evidence(waits: tuple[float, ...]) -> tuple[Evidence, ...]:
    if not waits:
        return ()
    text = tr(
        "the access log has 502 for it after {shortest:g} to {longest:g} s",
        shortest=min(waits),
        longest=max(waits),
    )
    return (Evidence("log", _ACCESS_LOG, text),)


def kept_connections(resolution: RequestResolution) -> Evidence | None:
    """Why Nginx keeps connections to this upstream; None if it does not, or may not.

    From 1.29.7 on it does by default, to the servers of an upstream block alone.
    """
    sent = as_sent(resolution, (), method="POST", body_bytes=1)
    if sent is None or sent.http != "1.1":
        return None
    connection = [header.value for header in sent.headers if header.name.lower() == "connection"]
    if any(value is None or value.lower() != "keep-alive" for value in connection):
        return None
    block = upstream_block_of(resolution)
    if block is None:
        return None
    keepalive = next(block.children("keepalive"), None)
    if keepalive is not None:
        if keepalive.args[:1] == ("0",):
            return None
        text = tr(
            "keepalive {args}: connections are kept idle for {idle_s}",
            args=safe(" ".join(keepalive.args), 40),
            idle_s=seconds(_idle_s(resolution)),
        )
        return Evidence("config", str(keepalive.where), text)
    if version_numbers(resolution.version) < HTTP_1_1_SINCE:
        return None
    text = tr(
        "connections to an upstream block are kept, by default since 1.29.7, idle for {idle_s}",
        idle_s=seconds(_idle_s(resolution)),
    )
    return Evidence("config", str(block.where), text)


def _idle_s(resolution: RequestResolution) -> float:
    """How long a kept connection may be idle, in seconds."""
    block = upstream_block_of(resolution)
    line = next(block.children("keepalive_timeout"), None) if block else None
    return (duration_s(line.args[0]) if line and line.args else None) or _DEFAULT_S


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A shorter life of idle connections, where an upstream block can have it."""
    if resolution is None or kept_connections(resolution) is None:
        return ()
    reason = _WHY.format(f"keepalive_timeout {seconds(_idle_s(resolution))}")
    return (Change("keepalive_timeout", _SUGGESTED, reason, scope="upstream"),)


RULE = Rule(
    id="keepalive-race",
    stage=Stage.MESSAGE,
    fix=Fix(
        tr(
            "set keepalive_timeout in the upstream block, shorter than the backend's own limit "
            "for idle connections; or a longer limit in the backend"
        ),
        "nginx",
    ),
    explains=frozenset({"upstream-unreachable", "new-default-regression"}),
    by_chance=True,
    check=check,
    settings=NginxSettings(both=settings),
)
