"""The OAuth metadata describes another resource than the URL that was asked."""

from wizard.diagnose.facts import metadata
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.outcome import classify
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.probe.www_authenticate import metadata_challenge
from wizard.text.display import safe

_DISTINGUISHES = (
    "The document is there, so it is not lost: a client compares its resource with the URL that it "
    "was given, and refuses another one (RFC 9728, section 3.3)."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The document at the URL that the 401 names has another `resource`, or none."""
    challenge, named = metadata_challenge(case), metadata.named_answer(case)
    document = metadata.document_in(named.timeline) if named else None
    problem = metadata.wrong_resource(case, document) if document is not None else None
    if challenge is None or named is None or problem is None:
        return None
    text = f"{safe(named.why, 300)}: {problem.text}"
    evidence = (
        result_evidence(classify(challenge)),
        Evidence("follow-up", named.timeline.probe.label, text),
    )
    latent = metadata.has_token(case)
    return rule.finding(problem.confidence, evidence, _DISTINGUISHES, latent=latent)


RULE = Rule(
    id="oauth-metadata-mismatch",
    stage=Stage.ADMIT,
    fix=Fix(
        "the backend is told its public URL, and names exactly that as the resource", "backend"
    ),
    check=check,
)
