"""Direct requests with another Host or without the Origin: does the backend refuse the name?"""

from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import is_live
from wizard.nginx.upstream import host_header
from wizard.probe.followups.followup import FollowUp, direct_probe, probe_first_event, timeout_for
from wizard.probe.matrix import uncompressed
from wizard.probe.request import ProbeOptions, RequestSpec

REFUSALS = frozenset({400, 403, 421})
"""How guards against DNS rebinding answer to a name that they do not know."""


def _is_public_host_needed(case: Case) -> bool:
    """True if proxied requests are refused, and one with the backend's own Host is live."""
    is_refused = any(result.timeline.status in REFUSALS for result in case.proxy)
    return is_refused and any(is_live(result.timeline) for result in case.direct)


async def _send_public_host(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send a direct request with each Host that Nginx may pass on, at most two, until a refusal."""
    live = uncompressed(tuple(result for result in case.direct if is_live(result.timeline)))
    if live is None:
        return ()
    results = list[FollowUpResult]()
    for host in passed_hosts(case):
        spec = RequestSpec(headers=(("Host", host),))
        timeline = await probe_first_event(direct_probe(live), options, timeout_for(case), spec)
        why = f"the direct request with Host: {host}"
        results.append(FollowUpResult(PUBLIC_HOST.purpose, timeline, why))
        if timeline.status in REFUSALS:
            break
    return tuple(results)


def passed_hosts(case: Case) -> tuple[str, ...]:
    """The Host headers that Nginx may pass on: the configured one, or else the likely ones."""
    parts = urlsplit(case.target.url)
    public_host = parts.netloc.rpartition("@")[2]
    host = host_header(case.resolution, public_host) if case.resolution else ""
    return (host,) if host else tuple(dict.fromkeys((public_host, parts.hostname or "")))


def _is_no_origin_needed(case: Case) -> bool:
    """True if both sides refuse, and the user gave an Origin."""
    has_origin = any(name.lower() == "origin" for name, _ in case.target.headers)
    results = (*case.proxy, *case.direct)
    is_refused = all(result.timeline.status in REFUSALS for result in results)
    return has_origin and bool(case.direct) and is_refused


async def _send_no_origin(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one direct request with all of the user's headers but the Origin."""
    kept = tuple(header for header in options.headers if header[0].lower() != "origin")
    options = replace(options, headers=kept)
    probe = direct_probe(case.direct[0])
    timeline = await probe_first_event(probe, options, timeout_for(case))
    why = "the direct request without the Origin that was given"
    return (FollowUpResult(NO_ORIGIN.purpose, timeline, why),)


PUBLIC_HOST = FollowUp("public-host", _is_public_host_needed, _send_public_host)
NO_ORIGIN = FollowUp("no-origin", _is_no_origin_needed, _send_no_origin)
