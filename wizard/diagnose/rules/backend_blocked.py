"""The backend can serve one stream, and nothing beside it."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import follow_up_evidence, log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import is_live

DISTINGUISHES = (
    "Both were asked past the proxy, in the same way: the first alone is live, the second hangs as "
    "long as the first is open. So it is neither Nginx nor the request, but that there are two."
)
_LOGGED = (
    "Of requests that came at the same moment one was served, and the backend's log says that a "
    "worker was busy too long."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Alone a direct stream is live; a second one beside it gets not even headers."""
    first = [one for one in streams.follow_ups(case, "first-of-two") if is_live(one.timeline)]
    second = [one for one in streams.follow_ups(case, "second-of-two") if one.timeline.connect_s]
    logged = streams.own_log_lines(case, "worker-timeout")
    killed = tuple(log_evidence(line) for line in logged[:1])
    if first and second and second[0].timeline.headers_s is None:
        evidence = (*map(follow_up_evidence, (first[0], second[0])), *killed)
        return rule.finding("confirmed", evidence, DISTINGUISHES)
    if second or not logged or not (one := _one_of_several(case)):
        return None
    return rule.finding("likely", (*one, *killed), _LOGGED)


def _one_of_several(case: Case) -> tuple[Evidence, ...]:
    """Of the requests that came together some are live, and a direct one is not."""
    results = (*case.direct, *case.proxy)
    live = [result for result in results if is_live(result.timeline)]
    stuck = [result for result in case.direct if result.outcome in ("held", "headers-held")]
    return (result_evidence(live[0]), result_evidence(stuck[0])) if live and stuck else ()


RULE = Rule(
    id="backend-blocked",
    stage=Stage.BACKEND,
    fix=Fix("an asynchronous worker in the backend, or more workers than streams", "backend"),
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
