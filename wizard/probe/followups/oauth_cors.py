"""Requests that clients send before the stream: OAuth metadata, and the preflight of a browser."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp, probe_first_event
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.www_authenticate import json_object, metadata_challenge, metadata_url, origin_of

METADATA_BYTES = 16 << 10
"""How many bytes are read of a metadata document."""
WELL_KNOWN = "/.well-known/oauth-protected-resource"
"""Where metadata is, with the resource's path behind it or without (RFC 9728, section 3.1)."""
_ACCEPT_JSON = RequestSpec(headers=(("Accept", "application/json"),), excerpt=METADATA_BYTES)


def metadata_urls(case: Case) -> tuple[str, ...]:
    """The metadata URL that the 401 names, then the usual ones; empty if it has another origin.

    Only the public origin is asked: what is behind another one is no matter of this proxy.
    """
    answer, public = metadata_challenge(case), case.target.url
    url = metadata_url(answer) if answer else ""
    if not all(origin_of(url)) or origin_of(url) != origin_of(public):
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
    for url in metadata_urls(case):
        probe = Probe("follow-up-proxy", url)
        timeline = await probe_first_event(probe, options, timeout_s, _ACCEPT_JSON)
        why = f"{'a usual metadata URL' if results else 'the metadata URL that the 401 names'}: "
        results.append(FollowUpResult(METADATA.purpose, timeline, why + urlsplit(url).path))
        if timeline.status == 200 and json_object(timeline.excerpt) is not None:
            break
    return tuple(results)


def _is_preflight_needed(case: Case) -> bool:
    """True if the page's requests need a preflight, and the server works without one."""
    handshake = case.handshake("proxy")
    is_streaming = any(result.timeline.is_event_stream for result in case.proxy)
    works = is_streaming or (handshake is not None and handshake.is_complete)
    return works and preflight_of(case) is not None


async def _send_preflight(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one preflight as a browser does: without credentials, to the URL of the request."""
    asked = preflight_of(case)
    if asked is None:
        return ()
    options = replace(options, headers=(("Origin", foreign_origin(case) or ""),))
    headers = (
        ("Access-Control-Request-Method", asked.method),
        ("Access-Control-Request-Headers", ",".join(asked.headers)),
    )
    spec, probe = RequestSpec("OPTIONS", headers), Probe("follow-up-proxy", asked.url)
    timeline = await probe_first_event(probe, options, EXCHANGE_TIMEOUT_S, spec)
    why = f"the preflight (OPTIONS) that a browser sends before the {asked.method}"
    return (FollowUpResult(PREFLIGHT.purpose, timeline, why),)


METADATA = FollowUp("metadata", _is_metadata_needed, _send_metadata)
PREFLIGHT = FollowUp("preflight", _is_preflight_needed, _send_preflight)
