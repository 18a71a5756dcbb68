"""The 401 names OAuth metadata that a client cannot get."""

from wizard.diagnose.facts import metadata, origins, streams
from wizard.diagnose.facts.evidence import (
    body_suffix,
    follow_up_evidence,
    path_evidence,
    result_evidence,
)
from wizard.diagnose.forwarded_settings import forwarded_headers
from wizard.diagnose.outcome import classify
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.www_authenticate import metadata_challenge, metadata_url
from wizard.text.display import labelled, safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

_DISTINGUISHES = tr(
    "The 401 itself is right for a client without a token. But it names the wrong place to "
    "learn how to get one."
)


_WHY_FORWARDED = tr(
    "the backend builds its URLs from this header: with it, a direct request got the public URL"
)
_NOT_ASKED = tr(
    "the backend itself was not asked for the document (no --direct), so no line is known to "
    "help: lead the path that the 401 names to the backend, with Host, "
    "X-Forwarded-Proto and X-Forwarded-Host as the client asked"
)
_PUBLIC_URL = Fix(
    tr(
        "set the public URL in the backend, or let it trust the headers that Nginx forwards: a "
        "direct request with these did not get the public URL"
    ),
    "backend",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The metadata URL in WWW-Authenticate is visibly wrong, or has no document."""
    challenge = metadata_challenge(case)
    if challenge is None:
        return None
    url, named = metadata_url(challenge), metadata.named_answer(case)
    problem = origins.problem(case, url)
    missing = metadata.missing_document(named.timeline) if named else None
    if not problem and not missing:
        return None
    text = tr(
        "the challenge names {url}{separator}{problem}",
        url=safe(url, 200),
        separator=": " if problem else "",
        problem=problem,
    )
    evidence = (
        result_evidence(classify(challenge)),
        Evidence("probe", challenge.probe.label, text),
        *(_missing_evidence(case, named, missing) if named and missing else ()),
    )
    evidence = (*evidence, *_backend_evidence(case))
    confidence: Confidence = "confirmed" if origins.is_unreachable(case, url) else "likely"
    if missing and not (problem and missing.confidence == "possible"):
        confidence = missing.confidence
    latent = metadata.has_token(case)
    return rule.finding(confidence, evidence, _DISTINGUISHES, latent=latent, fix=_fix(case))


def _fix(case: Case) -> Fix | None:
    """Who has to act, as far as the backend was asked; None if it was not."""
    forwarded = streams.follow_ups(case, "metadata-forwarded")
    if helpful := metadata.helpful_forwarding(case):
        sent = origins.forwarded_names(helpful)
        return Fix(tr("Nginx passes on what the client asked for: {sent}", sent=sent), "nginx")
    if forwarded:
        return _PUBLIC_URL
    asked = streams.follow_ups(case, "metadata-direct")
    if not asked:
        return None
    found = metadata.backend_document(case)
    path = safe(split_url(asked[0].timeline.probe.url).path, 200)
    if found is None:
        return Fix(
            tr("the backend serves its metadata at {path}, which it names", path=path), "backend"
        )
    if found is asked[0]:
        return Fix(
            tr("lead {path} to the backend, which has the document there", path=path), "nginx"
        )
    where = safe(split_url(found.timeline.probe.url).path, 200)
    return Fix(
        tr(
            "the backend names the URL at which its metadata is: {where}, not {path}",
            where=where,
            path=path,
        ),
        "backend",
    )


def _backend_evidence(case: Case) -> tuple[Evidence, ...]:
    """What the backend itself answered for its document, and to the headers of a proxy."""
    asked = streams.follow_ups(case, "metadata-direct")
    shown = metadata.backend_document(case) or next(iter(asked), None)
    forwarded = streams.follow_ups(case, "metadata-forwarded")
    last = metadata.helpful_forwarding(case) or next(iter(forwarded[-1:]), None)
    evidence = [follow_up_evidence(shown)] if shown else []
    if last:
        text = tr(
            "{why}: it names {metadata_url}",
            why=safe(last.why, 300),
            metadata_url=safe(metadata_url(last.timeline), 200) or tr("no URL"),
        )
        evidence.append(Evidence("follow-up", last.timeline.probe.label, text))
    return tuple(evidence)


def missing_path(case: Case) -> str:
    """The path of the metadata that Nginx has to route; empty if the backend has no document there,
    or if it gets the request already."""
    challenge, named = metadata_challenge(case), metadata.named_answer(case)
    if challenge is None or named is None or metadata.missing_document(named.timeline) is None:
        return ""
    path = split_url(named.timeline.probe.url).path
    found = metadata.backend_document(case)
    is_there = found is not None and split_url(found.timeline.probe.url).path == path
    return path if is_there else ""


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers that made the backend name the public URL, and the rest of the set as it is."""
    return forwarded_headers(case, resolution, metadata.helpful_forwarding(case), _WHY_FORWARDED)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What to do where the backend was not asked, so that no line is known to help."""
    is_asked = streams.follow_ups(case, "metadata-direct") or metadata.helpful_forwarding(case)
    return () if is_asked else (_NOT_ASKED,)


def _missing_evidence(
    case: Case, named: FollowUpResult, missing: metadata.Problem
) -> tuple[Evidence, ...]:
    """What the named URL answered, what serves it, and where the document is instead."""
    answer, elsewhere = named.timeline, metadata.found_elsewhere(case)
    texts = [labelled(safe(named.why, 300), missing.text + body_suffix(answer))]
    if elsewhere:
        path = safe(split_url(elsewhere.timeline.probe.url).path, 200)
        texts.append(tr("{path} has a document", path=path))
    asked = (Evidence("follow-up", answer.probe.label, text) for text in texts)
    if case.resolution is None:
        return tuple(asked)
    request = request_for(answer.probe.url)
    served = resolve_request(case.resolution.config, request, case.resolution.version)
    return (*asked, path_evidence(served))


RULE = Rule(
    id="oauth-metadata-lost",
    stage=Stage.ADMIT,
    fix=Fix(
        tr(
            "lead /.well-known/oauth-protected-resource to the backend, and let the backend "
            "know its public URL (forwarded headers, or a setting of its own)"
        ),
        "nginx",
    ),
    check=check,
    is_mended=metadata.is_right,
    settings=NginxSettings(both=settings, public_path=missing_path, notes=notes),
)
