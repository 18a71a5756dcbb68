"""The requests of each step, and the same as curl commands."""

from dataclasses import replace
from itertools import chain
from urllib.parse import urljoin, urlsplit

from wizard.diagnose.hops import hop_of_config
from wizard.model.case import Case
from wizard.model.probe import Probe
from wizard.model.resolution import Request
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.nginx.resolve import request_for
from wizard.probe.curl import curl_command
from wizard.probe.matrix import probes_for_url
from wizard.probe.network import is_ip_address
from wizard.probe.request import AGENT, accepted_encoding, headers_of_all
from wizard.probe.websocket import UPGRADE_HEADERS


def step_probes(target: Target, step: StepId) -> tuple[Probe, ...]:
    """The probes of a step, without those at hops."""
    if step == "root":
        return (Probe("root-proxy", root_url(target)),)
    if step in ("proxy", "verify"):
        return _probes("sse-proxy", Source(target.url), target)
    sources = target.direct if step == "direct" else ()
    sources = sources[:1] if target.is_sent_once else sources
    return tuple(chain.from_iterable(_probes("sse-direct", item, target) for item in sources))


def _probes(name: str, source: Source, target: Target) -> tuple[Probe, ...]:
    if target.upgrade:  # over HTTP/1.1, and HTTP encodes no frames
        return (Probe(name, source.locator, vantage=source.vantage, upgrade=True),)
    once, accepted = target.is_sent_once, accepted_encoding(target.headers)
    place, http = (source.locator, source.vantage), target.http
    return probes_for_url(name, *place, http=http, once=once, accepted=accepted)


def proxied_probes(target: Target) -> tuple[Probe, ...]:
    """The probes of the public URL and of each hop behind it.

    A request that is sent once enters at the public URL alone.
    """
    hops = (
        replace(probe, hop=hop.name, host=_host_header(target, hop.source.locator))
        for hop in (() if target.is_sent_once else target.hops)
        for probe in _probes("sse-hop", hop.source, target)
    )
    return (*step_probes(target, "proxy"), *hops)


def stream_probes(step: StepId, case: Case) -> tuple[tuple[Probe, ...], tuple[Probe, ...]]:
    """The probes that a step sends for the stream: through the proxy, and direct.

    A direct request that must be sent only once is not sent again, unless step 2 is run again,
    which the user's word allows.
    """
    target, direct = case.target, step_probes(case.target, "direct")
    if target.is_sent_once and not (step == "proxy" and case.proxy):
        sent = {result.timeline.probe for result in case.direct}
        direct = tuple(probe for probe in direct if probe not in sent)
    return proxied_probes(target) if step in ("proxy", "verify") else (), direct


def _host_header(target: Target, url: str) -> str:
    """The public host if `url` names an address, else empty: an address has no virtual hosts."""
    host = urlsplit(url).hostname or ""
    return urlsplit(target.url).netloc if is_ip_address(host) else ""


def root_url(target: Target) -> str:
    """The URL of the path `/` on the target's host."""
    return urljoin(target.url, "/")


def conf_requests(target: Target) -> tuple[Request, Request]:
    """The requests of the stream and of the root path, as the Nginx with the config gets them.

    That Nginx is the hop that `hop_of_config` names, else the server of the public URL.
    """
    hop_name, headers = hop_of_config(target), (*_own_headers(target), *target.headers)
    root = request_for(root_url(target), headers=_root_headers(target))
    hop_url = next((hop.source.locator for hop in target.hops if hop.name == hop_name), "")
    stream = request_for(hop_url or target.url, target.method, headers)
    if hop_url:
        host = root.host if _host_header(target, hop_url) else stream.host
        return replace(stream, host=host), root
    if target.connect_to is None:
        return stream, root
    port = target.connect_to[1]
    return replace(stream, port=port), replace(root, port=port)


def _root_headers(target: Target) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in target.headers}
    agent = () if AGENT[0].lower() in given else (AGENT,)
    return (("Accept", "*/*"), *agent, *headers_of_all(target))


def _own_headers(target: Target) -> tuple[tuple[str, str], ...]:
    """Our headers of the stream's request by which a config may tell it from others."""
    own = UPGRADE_HEADERS if target.upgrade else (("Accept", "text/event-stream"),)
    own = (*own, AGENT)
    given = {name.lower() for name, _ in target.headers}
    return tuple(pair for pair in own if pair[0].lower() not in given)


def curl_commands(target: Target, step: StepId) -> tuple[str, ...]:
    """The step's requests as curl commands, quoted for a shell, without secrets."""
    return tuple(curl_command(probe, target, target.stall) for probe in step_probes(target, step))
