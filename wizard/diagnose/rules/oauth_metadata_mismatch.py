"""The OAuth metadata describes another resource than the URL that was asked."""

from wizard.diagnose.facts import metadata, origins
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.outcome import classify
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.nginx.upstream import host_header
from wizard.probe.host_guard import requested_host
from wizard.probe.www_authenticate import metadata_challenge
from wizard.text.display import labelled, safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

_DISTINGUISHES = tr(
    "The document is there. But a client compares the resource in it with the URL that it was "
    "given, and refuses another one (RFC 9728, section 3.3)."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The document at the URL that the 401 names has another `resource`, or none."""
    challenge, named = metadata_challenge(case), metadata.named_answer(case)
    document = metadata.document_in(named.timeline) if named else None
    problem = metadata.wrong_resource(case, document) if document is not None else None
    if challenge is None or named is None or problem is None:
        return None
    text = labelled(safe(named.why, 300), problem.text)
    evidence: tuple[Evidence, ...] = (
        result_evidence(classify(challenge)),
        Evidence("follow-up", named.timeline.probe.label, text),
    )
    latent, helpful = metadata.has_token(case), _helpful(case)
    fix = None
    if helpful:
        evidence = (*evidence, follow_up_evidence(helpful))
        sent = origins.forwarded_names(helpful)
        fix = Fix(
            tr("Nginx passes the metadata's path on as it does the stream: {sent}", sent=sent),
            "nginx",
        )
    return rule.finding(problem.confidence, evidence, _DISTINGUISHES, latent=latent, fix=fix)


def _helpful(case: Case) -> FollowUpResult | None:
    """The direct request that made the document right, if the stream has the same headers."""
    helpful, resolution = metadata.helpful_resource(case), case.resolution
    if helpful is None or resolution is None:
        return None
    if host := helpful.timeline.probe.host:
        return helpful if host_header(resolution, requested_host(case)) == host else None
    setting = resolution.settings.get("proxy_set_header")
    names = {entry[0].lower() for entry in (setting.entries if setting else ()) if entry}
    return helpful if "x-forwarded-host" in names else None


def metadata_path(case: Case) -> str:
    """The path of the metadata, if it has to be passed on as the stream is; else empty."""
    named = metadata.named_answer(case)
    return split_url(named.timeline.probe.url).path if named and _helpful(case) else ""


RULE = Rule(
    id="oauth-metadata-mismatch",
    stage=Stage.ADMIT,
    fix=Fix(
        tr("set the public URL in the backend, so that it names exactly that as the resource"),
        "backend",
    ),
    check=check,
    is_mended=metadata.is_right,
    settings=NginxSettings(public_path=metadata_path),
)
