"""Nginx refuses the backend's answer, because its header is not valid."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import live_direct_evidence, log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix
from wizard.text.display import sentences
from wizard.text.messages import tr

_LOGGED = tr(
    "Nginx got an answer from the backend and refused its header. So it could connect, and it "
    "held nothing."
)
_SERVED = tr("A less strict client accepts the same answer, so the direct request succeeds.")


def check(rule: Rule, case: Case) -> Finding | None:
    """A 502, for which Nginx's error log names what it refused in the answer to our request."""
    gateway = [result for result in case.proxy if result.timeline.status == 502]
    logged = streams.own_log_lines(case, "invalid-header")
    if not gateway or not logged:
        return None
    served = live_direct_evidence(case)
    evidence = (result_evidence(gateway[0]), log_evidence(logged[0]), *served)
    return rule.finding("confirmed", evidence, sentences((_LOGGED, _SERVED)) if served else _LOGGED)


RULE = Rule(
    id="upstream-answer-invalid",
    stage=Stage.BACKEND,
    fix=Fix(
        tr(
            "let the backend send each header once, and in valid form: Nginx's error log names "
            "the line that it refuses"
        ),
        "backend",
    ),
    check=check,
)
