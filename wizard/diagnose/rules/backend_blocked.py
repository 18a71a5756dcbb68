"""The backend serves one stream at a time, and nothing while it is open."""

from wizard.diagnose.facts import product, streams
from wizard.diagnose.facts.evidence import (
    follow_up_evidence,
    log_evidence,
    result_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import Timeline, is_live, is_unanswered
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "Two direct requests were sent in the same way: the first alone is live, the second hangs "
    "while the first is open. So neither Nginx nor the request is at fault: the backend cannot "
    "serve two at once."
)
_LOGGED = tr(
    "Of several requests sent at the same moment only one was served, and the backend's log "
    "says that a worker was busy for too long."
)
_FEW_WORKERS = tr(
    "The request was not served while our other requests were open, and at once when it was "
    "sent alone: the backend has few workers, and each open stream occupies one. Further "
    "clients wait."
)
_NO_WORKER = tr(
    "The direct URL accepts the connection, but answers neither the stream nor /. Either other "
    "clients' streams occupy all workers, or the process hangs. A backend that only has no "
    "event yet would answer /."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A direct stream is live, and a second one beside it does not even get headers."""
    first = [sent for sent in streams.follow_ups(case, "first-of-two") if is_live(sent.timeline)]
    second = [sent for sent in streams.follow_ups(case, "second-of-two") if sent.timeline.connect_s]
    logged = streams.own_log_lines(case, "worker-timeout")
    timeouts = tuple(map(log_evidence, logged[:1]))
    if first and second and _hangs(second[0].timeline):
        evidence = (*map(follow_up_evidence, (first[0], second[0])), *timeouts)
        return rule.finding("confirmed", evidence, _DISTINGUISHES)
    if not second and logged and (several := _some_live(case)):
        return rule.finding("likely", (*several, *timeouts), _LOGGED)
    return _answers_nothing(rule, case) or _few_workers(rule, case)


def _hangs(timeline: Timeline) -> bool:
    """True if nothing came; a connection that was closed instead had no worker to wait for."""
    return is_unanswered(timeline) and timeline.ended == "open"


def _answers_nothing(rule: Rule, case: Case) -> Finding | None:
    """Directly, neither the stream nor `/` is answered, though connecting works."""
    asked = streams.follow_ups(case, "root-direct")
    silent = [sent for sent in asked if sent.timeline.connect_s and is_unanswered(sent.timeline)]
    direct = streams.counted_probes(case.direct)
    if not silent or not direct or any(result.outcome != "held" for result in direct):
        return None
    if any(streams.is_asked_by_wget(case, result) for result in direct):
        return None
    evidence = (result_evidence(direct[0]), follow_up_evidence(silent[0]))
    return rule.finding("likely", evidence, _NO_WORKER)


def _few_workers(rule: Rule, case: Case) -> Finding | None:
    """A risk: the backend itself served some of our requests at once, and not one more."""
    crowded = streams.follow_ups(case, "crowded")
    is_backend = any(_is_refused_by_backend(case, sent.timeline) for sent in crowded)
    full = [
        sent for sent in streams.follow_ups(case, "free-worker") if is_unanswered(sent.timeline)
    ]
    if not crowded or not (is_backend or full):
        return None
    alone = streams.follow_ups(case, "alone")
    evidence = tuple(map(follow_up_evidence, (*crowded[:1], *full, *alone[:1])))
    return rule.finding("likely", evidence, _FEW_WORKERS, latent=True)


def _is_refused_by_backend(case: Case, answer: Timeline) -> bool:
    """True if the request went to the backend directly, or through a config without limits."""
    if not answer.probe.enters_outside:
        return True
    if answer.status is None or product.is_nginx_page(answer.excerpt):
        return False
    limits = ("limit_conn", "limit_req")
    return case.resolution is not None and not any(map(case.resolution.value, limits))


def _some_live(case: Case) -> tuple[Evidence, ...]:
    """A live probe, and a held direct one that was sent together with it."""
    results = (*case.direct, *case.proxy)
    live = [result for result in results if is_live(result.timeline)]
    held = [result for result in case.direct if result.outcome in ("held", "headers-held")]
    return (result_evidence(live[0]), result_evidence(held[0])) if live and held else ()


RULE = Rule(
    id="backend-blocked",
    stage=Stage.BACKEND,
    fix=Fix(
        tr("use asynchronous workers in the backend, or more workers than open streams"), "backend"
    ),
    explains=frozenset(
        {
            "backend-compression",
            "backend-silent",
            "dead-peer-replay",
            "gzip-plus-buffering",
            "idle-headers-held",
            "outer-proxy-buffers",
            "proxy-buffering-hold",
            "xab-ignored",
        }
    ),
    check=check,
)
