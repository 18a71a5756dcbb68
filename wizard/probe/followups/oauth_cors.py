"""Requests that clients send before the stream: OAuth metadata, and the preflight of a browser."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe import Probe
from wizard.model.target import LOCAL
from wizard.model.timeline import Timeline
from wizard.probe.followups.as_proxy import ask_as_proxy
from wizard.probe.followups.followup import (
    EXCHANGE_TIMEOUT_S,
    FollowUp,
    best_direct_probe,
    probe_first_event,
)
from wizard.probe.mcp.http_sse import is_same_origin
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.probe.www_authenticate import json_object, metadata_challenge, metadata_url
from wizard.text.display import labelled
from wizard.text.messages import tr
from wizard.text.urls import is_plain_url, origin_of, split_url, with_path

METADATA_BYTES = 16 << 10
"""How many bytes are read of a metadata document."""
WELL_KNOWN = "/.well-known/oauth-protected-resource"
"""Where metadata is, with the resource's path behind it or without (RFC 9728, section 3.1)."""
_ACCEPT_JSON = RequestSpec(headers=(("Accept", "application/json"),), excerpt=METADATA_BYTES)


def metadata_urls(case: Case) -> tuple[str, ...]:
    """The metadata URL that the 401 names, then the usual ones; empty if it has another origin.

    Only the public origin is asked: the server that sends the 401 chooses no other. A URL that
    parsers read in different ways (`http:/host`, `\\`, a user, a tab) is not asked at all.
    """
    answer, public = metadata_challenge(case), case.target.url
    url = metadata_url(answer) if answer else ""
    if not is_plain_url(url) or not all(origin_of(url)) or origin_of(url) != origin_of(public):
        return ()
    usual = (f"{WELL_KNOWN}{urlsplit(public).path.rstrip('/')}", WELL_KNOWN)
    return tuple(dict.fromkeys((url, *(urljoin(public, path) for path in usual))))


def _is_metadata_needed(case: Case) -> bool:
    return bool(metadata_urls(case))


async def _send_metadata(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Request the metadata document (RFC 9728) without credentials, as a client without a token.

    Where the URL that the 401 names has none, the usual ones are asked too.
    """
    host = tuple(header for header in options.headers if header[0].lower() == "host")
    options, results = replace(options, headers=host), list[FollowUpResult]()
    timeout_s = min(EXCHANGE_TIMEOUT_S, case.target.stall)
    challenge = metadata_challenge(case)
    vantage = challenge.probe.vantage if challenge else LOCAL
    for url in metadata_urls(case):
        probe = Probe("follow-up-proxy", url, vantage=vantage)
        timeline = await probe_first_event(probe, options, timeout_s, _ACCEPT_JSON)
        why = tr("a usual metadata URL") if results else tr("the metadata URL that the 401 names")
        why = labelled(why, urlsplit(url).path)
        results.append(FollowUpResult(METADATA.purpose, timeline, why))
        if timeline.status == 200 and json_object(timeline.excerpt) is not None:
            break
    return tuple(results)


def _named_answer(case: Case) -> FollowUpResult | None:
    """The answer of the metadata URL that the 401 names, which is asked first."""
    return next((each for each in case.follow_ups if each.purpose == METADATA.purpose), None)


def _is_direct_document_needed(case: Case) -> bool:
    """True if the URL that the 401 names has no document, and the backend may be asked for it."""
    named = _named_answer(case)
    is_there = named is not None and json_object(named.timeline.excerpt) is not None
    return bool(case.direct) and named is not None and not is_there


async def _send_direct_document(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Ask the backend itself for the document, at the path that the 401 names, then at the usual
    ones: does it have one that Nginx does not pass on?"""
    named, results = _named_answer(case), list[FollowUpResult]()
    if named is None:
        return ()
    options = replace(options, headers=())
    base = best_direct_probe(case)
    usual = (f"{WELL_KNOWN}{split_url(base.url).path.rstrip('/')}", WELL_KNOWN)
    for path in dict.fromkeys((urlsplit(named.timeline.probe.url).path, *usual)):
        probe = replace(base, url=with_path(base.url, path))
        timeline = await probe_first_event(probe, options, EXCHANGE_TIMEOUT_S, _ACCEPT_JSON)
        why = tr("the backend asked for its metadata: {path}", path=path)
        results.append(FollowUpResult(DIRECT_METADATA.purpose, timeline, why))
        if timeline.status == 200 and json_object(timeline.excerpt) is not None:
            break
    return tuple(results)


def _is_forwarding_needed(case: Case) -> bool:
    """True if the backend's 401 names another origin than the public one, to a plain GET."""
    answer = metadata_challenge(case)
    url = metadata_url(answer) if answer else ""
    is_other = all(origin_of(url)) and origin_of(url) != origin_of(case.target.url)
    is_asked = any(metadata_url(result.timeline) for result in case.direct)
    return is_other and is_asked and not case.target.is_sent_once


async def _send_forwarded(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send the direct request with the headers of a proxy: does the backend then name the public
    URL?"""
    base = best_direct_probe(case)
    return await ask_as_proxy(FORWARDED.purpose, case, options, base, GET, metadata_url)


def _is_resource_needed(case: Case) -> bool:
    """True if the document that the 401 names is there, and is one of another origin."""
    named = _named_answer(case)
    resource = _resource_in(named.timeline) if named else ""
    return bool(case.direct and resource) and origin_of(resource) != origin_of(case.target.url)


def _resource_in(answer: Timeline) -> str:
    """The resource of the document in this answer; empty without one."""
    resource = (json_object(answer.excerpt) or {}).get("resource")
    return resource if isinstance(resource, str) else ""


async def _send_resource(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Ask the backend for the document with the headers of a proxy: is it then that of the public
    URL?"""
    named = _named_answer(case)
    if named is None:
        return ()
    base = best_direct_probe(case)
    base = replace(base, url=with_path(base.url, urlsplit(named.timeline.probe.url).path))
    options = replace(options, headers=())
    return await ask_as_proxy(RESOURCE.purpose, case, options, base, _ACCEPT_JSON, _resource_in)


def _is_preflight_needed(case: Case) -> bool:
    """True if the page's requests need a preflight, and the server works without one."""
    handshake = case.handshake("proxy")
    is_streaming = any(result.timeline.is_event_stream for result in case.proxy)
    works = is_streaming or (handshake is not None and handshake.is_complete)
    return works and preflight_of(case) is not None


async def _send_preflight(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one preflight as a browser does: without credentials, to the URL of the request."""
    asked = preflight_of(case)
    if asked is None or not is_same_origin(case.target.url, asked.url):
        return ()
    options = replace(options, headers=(("Origin", foreign_origin(case) or ""),))
    headers = (
        ("Access-Control-Request-Method", asked.method),
        ("Access-Control-Request-Headers", ",".join(asked.headers)),
    )
    spec, probe = RequestSpec("OPTIONS", headers), Probe("follow-up-proxy", asked.url)
    timeline = await probe_first_event(probe, options, EXCHANGE_TIMEOUT_S, spec)
    why = tr(
        "the preflight (OPTIONS) that a browser sends before the {method}", method=asked.method
    )
    return (FollowUpResult(PREFLIGHT.purpose, timeline, why),)


METADATA = FollowUp(
    purpose="metadata",
    question=tr("is the metadata of a 401 there, and for this URL?"),
    requests=tr(
        "GET of the URL that the 401 names, if its scheme, host and port are those of the "
        "public URL, without your headers; where it has no document, of the usual two "
        "`/.well-known/` URLs"
    ),
    most=3,
    is_needed=_is_metadata_needed,
    run=_send_metadata,
)
DIRECT_METADATA = FollowUp(
    purpose="metadata-direct",
    question=tr("does the backend have it?"),
    requests=tr(
        "where the public URL has none: GET of the same paths at the direct URL, without "
        "your headers"
    ),
    most=3,
    is_needed=_is_direct_document_needed,
    run=_send_direct_document,
)
FORWARDED = FollowUp(
    purpose="metadata-forwarded",
    question=tr("does it name the public URL when it learns of it?"),
    requests=tr(
        "where the 401 names another origin: GET of the direct URL with the headers of a "
        "proxy (`Host`, `X-Forwarded-Proto`, `X-Forwarded-Host`)"
    ),
    most=2,
    is_needed=_is_forwarding_needed,
    run=_send_forwarded,
)
RESOURCE = FollowUp(
    purpose="metadata-resource",
    question=tr("is its document then that of the public URL?"),
    requests=tr(
        "where the document is one of another origin: GET of it at the direct URL with the "
        "headers of a proxy, without yours"
    ),
    most=2,
    is_needed=_is_resource_needed,
    run=_send_resource,
)
PREFLIGHT = FollowUp(
    purpose="preflight",
    question=tr("does a browser's preflight pass?"),
    requests=tr(
        "OPTIONS with your `Origin` and with no other header of yours, if the page's "
        "requests need one (MCP, or a header of yours that `fetch` would send)"
    ),
    most=1,
    is_needed=_is_preflight_needed,
    run=_send_preflight,
)
