"""Direct requests with another Host or without the Origin: does the backend refuse the name?"""

from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.probe.followups.followup import (
    FollowUp,
    best_direct_probe,
    direct_probe,
    probe_first_event,
    timeout_for,
    without_header,
)
from wizard.probe.host_guard import (
    REFUSALS,
    Method,
    passed_hosts,
    refused_request,
    requested_host,
)
from wizard.probe.mcp import messages
from wizard.probe.mcp.exchange import send_request
from wizard.probe.mcp.messages import STREAMABLE_VERSION
from wizard.probe.mcp.streamable import close_session, session_id_of
from wizard.probe.request import ProbeOptions
from wizard.text.messages import tr


async def _send_public_host(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send direct requests with each Host that Nginx may pass on, at most two, until a refusal.

    After one, the Host of the client is tried too, if it is another: would that be served?
    """
    refused = refused_request(case)
    if refused is None or not case.direct:
        return ()
    (method, answer), results = refused, list[FollowUpResult]()
    for host in passed_hosts(case):
        results.append(await _send_with_host(case, options, method, host))
        if results[-1].timeline.status == answer.status:
            break
    public_host = requested_host(case)
    is_refused = results[-1].timeline.status == answer.status
    if is_refused and public_host not in {each.timeline.probe.host for each in results}:
        results.append(await _send_with_host(case, options, method, public_host))
    return tuple(results)


async def _send_with_host(
    case: Case, options: ProbeOptions, method: Method, host: str
) -> FollowUpResult:
    """Send the direct request with this Host; a session that it opens is closed again."""
    probe = replace(best_direct_probe(case), host=host)
    options, timeout_s = without_header(options, "host"), timeout_for(case)
    handshake = case.handshake("direct")
    name: str = method
    if method == "GET" or handshake is None:
        name = case.target.method  # the stream's own request, which may be a POST
        timeline = await probe_first_event(probe, options, timeout_s)
    else:
        is_stateless = handshake.transport == "stateless"
        initialize = messages.initialize_request(STREAMABLE_VERSION)
        spec = messages.discover_request() if is_stateless else initialize
        timeline = await send_request(probe, options, spec, timeout_s)
        if session := session_id_of(timeline):
            await close_session(probe, options, session)
    why = tr("the direct {name} with Host: {host}", name=name, host=host)
    return FollowUpResult(PUBLIC_HOST.purpose, timeline, why)


def _is_no_origin_needed(case: Case) -> bool:
    """True if both sides refuse, and the user gave an Origin."""
    has_origin = any(name.lower() == "origin" for name, _ in case.target.headers)
    results = (*case.proxy, *case.direct)
    is_refused = all(result.timeline.status in REFUSALS for result in results)
    return has_origin and bool(case.direct) and is_refused


async def _send_no_origin(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one direct request with all of the user's headers but the Origin."""
    options = without_header(options, "origin")
    probe = direct_probe(case.direct[0])
    timeline = await probe_first_event(probe, options, timeout_for(case))
    why = tr("the direct request without the Origin that was given")
    return (FollowUpResult(NO_ORIGIN.purpose, timeline, why),)


def _is_public_host_needed(case: Case) -> bool:
    """True if only the Host may be what is refused, as far as is known.

    A config is waited for: by it the whole request is sent as Nginx passes it on (`as_sent.py`).
    """
    if case.target.conf is not None and case.resolution is None:
        return False
    is_sent = any(each.purpose == "as-sent" for each in case.follow_ups)
    return not is_sent and refused_request(case) is not None


PUBLIC_HOST = FollowUp(
    purpose="public-host",
    question=tr("does the backend refuse the public host name?"),
    requests=tr(
        "without a config: the request that was refused, sent to the direct URL with the "
        "Host that Nginx passes on, then with the client's: a GET, or over Streamable HTTP "
        "the opening POST and the end of its session"
    ),
    most=6,
    is_needed=_is_public_host_needed,
    run=_send_public_host,
    repeats_stream=True,
)
NO_ORIGIN = FollowUp(
    purpose="no-origin",
    question=tr("does it refuse your `Origin`?"),
    requests=tr("where both sides refuse: GET of the direct URL without it"),
    most=1,
    is_needed=_is_no_origin_needed,
    run=_send_no_origin,
    repeats_stream=True,
)
