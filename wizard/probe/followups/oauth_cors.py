"""Requests that clients send before the stream: OAuth metadata, and the preflight of a browser."""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp, probe_first_event
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.probe.request import ProbeOptions, RequestSpec
from wizard.probe.www_authenticate import metadata_challenge, metadata_url, origin_of

_ACCEPT_JSON = RequestSpec(headers=(("Accept", "application/json"),))


def _allowed_metadata_url(case: Case) -> str:
    """The metadata URL that the 401 names, if it has an origin that the user gave; else empty."""
    result = metadata_challenge(case)
    url = metadata_url(result.timeline) if result else ""
    given_urls = (case.target.url, *(source.locator for source in case.target.direct))
    is_given = origin_of(url) in map(origin_of, given_urls)
    return url if all(origin_of(url)) and is_given else ""


def _is_metadata_needed(case: Case) -> bool:
    return bool(_allowed_metadata_url(case))


async def _send_metadata(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Request the metadata document (RFC 9728): is it there?"""
    probe = Probe("follow-up-proxy", _allowed_metadata_url(case))
    timeout_s = min(EXCHANGE_TIMEOUT_S, case.target.stall)
    timeline = await probe_first_event(probe, options, timeout_s, _ACCEPT_JSON)
    return (FollowUpResult(METADATA.purpose, timeline, "the metadata URL that the 401 names"),)


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
