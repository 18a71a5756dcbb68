"""The OAuth metadata that a 401 names: is it there, and does it describe the URL that was asked?

RFC 9728; MCP 2025-11-25, "Authorization Server Discovery".
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.diagnose.facts import streams
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Confidence
from wizard.model.timeline import Timeline
from wizard.probe.www_authenticate import json_object, metadata_challenge, metadata_url
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import origin_of

_UNDECIDED = frozenset({408, 425, 429, 503})
"""Answers that say nothing about the path."""
_ASKS_AGAIN = frozenset({401, 403, 407})
_LOGIN = re.compile(r"(?i)log-?in|sign-?in|sso|authori[sz]e|saml")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an answer or a document, in a clause, and how sure that is."""

    text: str
    confidence: Confidence


def has_token(case: Case) -> bool:
    """True if the user gave credentials: a client that has some needs no metadata."""
    return any(name.lower() == "authorization" for name, _ in case.target.headers)


def named_answer(case: Case) -> FollowUpResult | None:
    """The answer of the metadata URL that the 401 names; None if it was not asked."""
    challenge = metadata_challenge(case)
    url = metadata_url(challenge) if challenge else ""
    answers = streams.follow_ups(case, "metadata")
    return next((each for each in answers if each.timeline.probe.url == url), None)


def found_elsewhere(case: Case) -> FollowUpResult | None:
    """The usual metadata URL that has a document where the named one has none."""
    answers = streams.follow_ups(case, "metadata")
    return next((each for each in answers if document_in(each.timeline) is not None), None)


def backend_document(case: Case) -> FollowUpResult | None:
    """The answer in which the backend itself gave its document; None if it gave none."""
    answers = streams.follow_ups(case, "metadata-direct")
    return next((each for each in answers if document_in(each.timeline) is not None), None)


def helpful_forwarding(case: Case) -> FollowUpResult | None:
    """The direct request with a proxy's headers after which the backend named the public origin;
    None if none did."""
    answers = streams.follow_ups(case, "metadata-forwarded")
    public = origin_of(case.target.url)
    named = (each for each in answers if origin_of(metadata_url(each.timeline)) == public)
    return next(named, None)


def helpful_resource(case: Case) -> FollowUpResult | None:
    """The direct request with a proxy's headers after which the document was that of the URL that
    was asked; None if none was."""
    answers = streams.follow_ups(case, "metadata-resource")
    documents = ((each, document_in(each.timeline)) for each in answers)
    fitting = (each for each, body in documents if body and not wrong_resource(case, body))
    return next(fitting, None)


def document_in(answer: Timeline) -> dict[str, object] | None:
    """The metadata document in this answer; None if it is none."""
    return json_object(answer.excerpt) if answer.status == 200 else None


def missing_document(answer: Timeline) -> Problem | None:
    """Why this answer is no metadata document; None if it is one, or if nothing can be said."""
    status = answer.status
    if status is None or status in _UNDECIDED or document_in(answer) is not None:
        return None
    if status in _ASKS_AGAIN:
        return Problem(tr("it asks for credentials, which a client needs it to get"), "confirmed")
    if 300 <= status < 400:
        return _moved_document(answer)
    if status != 200:
        return Problem(
            tr("it answers {status}", status=status), "confirmed" if status < 500 else "likely"
        )
    if len(answer.excerpt.encode()) < answer.bytes:
        return None  # It was not read as a whole.
    media_type = safe(answer.header("content-type") or tr("no content type"), 80)
    return Problem(
        tr("it answers 200 with {media_type}, which holds no JSON object", media_type=media_type),
        "confirmed",
    )


def _moved_document(answer: Timeline) -> Problem:
    """A redirect was not followed: it may lead to the document, or to a login."""
    location = answer.header("location") or ""
    text = tr("it redirects to {location}", location=safe(location or "nowhere", 200))
    if _LOGIN.search(location):
        return Problem(text, "confirmed")
    return Problem(text, "possible" if "/.well-known/" in location else "likely")


def is_right(case: Case) -> bool:
    """True if the 401 names metadata of this URL that a client can get."""
    named = named_answer(case)
    document = document_in(named.timeline) if named else None
    return document is not None and wrong_resource(case, document) is None


def wrong_resource(case: Case, document: dict[str, object]) -> Problem | None:
    """How the document's `resource` differs from the URL that was asked; None if it does not.

    RFC 9728, section 3.3: then a client must not use the document. The SDKs accept a resource that
    is above the URL's path.
    """
    resource = document.get("resource")
    if not isinstance(resource, str) or not all(origin_of(resource)):
        return Problem(tr("it names no URL as its resource, which RFC 9728 requires"), "likely")
    public, named = origin_of(case.target.url), origin_of(resource)
    text = tr("its resource is {resource}", resource=safe(resource, 200))
    if named != public:
        same_host = named[1].rpartition(":")[0] == public[1].rpartition(":")[0]
        what = "host" if not same_host else "port" if named[0] == public[0] else "scheme"
        return Problem(
            tr("{text}, with another {what} than the URL that was asked", text=text, what=what),
            "confirmed",
        )
    path, own = (urlsplit(url).path.rstrip("/") for url in (case.target.url, resource))
    if path == own:
        return None
    if path.startswith(f"{own}/"):
        return Problem(
            tr("{text}, above the URL that was asked: strict clients refuse it", text=text),
            "possible",
        )
    return Problem(
        tr("{text}, with another path than the URL that was asked", text=text), "confirmed"
    )
