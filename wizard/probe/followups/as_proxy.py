"""The direct request with the headers of a proxy: does the backend then name the public URL?"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.followups.followup import (
    FollowUp,
    best_direct_probe,
    probe_first_event,
    timeout_for,
    without_header,
)
from wizard.probe.host_guard import requested_host
from wizard.probe.mcp.endpoint import foreign_endpoint, named_endpoint
from wizard.probe.redirects import is_served, redirects_to_itself
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.text.display import comma_list
from wizard.text.messages import tr
from wizard.text.urls import origin_of


async def ask_as_proxy(
    purpose: str,
    case: Case,
    options: ProbeOptions,
    base: Probe,
    spec: RequestSpec,
    named_url: Callable[[Timeline], str],
) -> tuple[FollowUpResult, ...]:
    """Send a direct request with the client's Host, then with its own and X-Forwarded-Host.

    Stops at an answer that names a URL of the public origin.
    """
    public, results = requested_host(case), list[FollowUpResult]()
    options = without_header(options, "host")
    scheme = ("X-Forwarded-Proto", urlsplit(case.target.url).scheme)
    for host, headers in ((public, (scheme,)), ("", (scheme, ("X-Forwarded-Host", public)))):
        probe, sent = replace(base, host=host), replace(spec, headers=(*spec.headers, *headers))
        timeline = await probe_first_event(probe, options, timeout_for(case), sent)
        names = tuple(f"{name}: {value}" for name, value in (*_host(host), *headers))
        why = tr("the direct request with {names}", names=comma_list(names))
        results.append(FollowUpResult(purpose, timeline, why, headers=names))
        if origin_of(named_url(timeline)) == origin_of(case.target.url):
            break
    return tuple(results)


def _host(host: str) -> tuple[tuple[str, str], ...]:
    return (("Host", host),) if host else ()


def _is_endpoint_needed(case: Case) -> bool:
    """True if the stream names an endpoint at another origin, and the backend can be asked."""
    return bool(case.direct and foreign_endpoint(case))


async def _send_endpoint(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    base = best_direct_probe(case)
    return await ask_as_proxy(ENDPOINT.purpose, case, options, base, GET, named_endpoint)


def _is_redirect_needed(case: Case) -> bool:
    """True if the public URL redirects to itself, and the backend redirects plain HTTP too."""
    answers = [result.timeline for result in case.proxy if result.was_made]
    is_own = bool(answers) and all(map(redirects_to_itself, answers))
    return is_own and any(result.outcome == "redirect" for result in case.direct)


async def _send_redirected(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    def served_url(answer: Timeline) -> str:
        return case.target.url if is_served(answer) else ""

    base = best_direct_probe(case)
    return await ask_as_proxy(REDIRECT.purpose, case, options, base, GET, served_url)


REDIRECT = FollowUp(
    purpose="redirect-forwarded",
    question=tr("is it redirected as well where the backend learns the scheme of its client?"),
    requests=tr(
        "where the public URL redirects to itself and the direct one redirects too: GET of the "
        "direct URL with the headers of a proxy (`Host`, `X-Forwarded-Proto`, `X-Forwarded-Host`)"
    ),
    most=2,
    is_needed=_is_redirect_needed,
    run=_send_redirected,
    repeats_stream=True,
)
ENDPOINT = FollowUp(
    purpose="endpoint-forwarded",
    question=tr("does it name an endpoint at the public URL when it learns of it?"),
    requests=tr(
        "where the endpoint event names another origin: GET of the direct URL with the headers of "
        "a proxy (`Host`, `X-Forwarded-Proto`, `X-Forwarded-Host`)"
    ),
    most=2,
    is_needed=_is_endpoint_needed,
    run=_send_endpoint,
    repeats_stream=True,
)
