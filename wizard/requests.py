"""The requests that each step makes on its own account, from what the user gave."""

from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from wizard.foresight import request_for
from wizard.ladder import conf_hop
from wizard.matrix import legs
from wizard.model import StepId
from wizard.nginx.site import Request
from wizard.target import Target
from wizard.timeline import Leg
from wizard.wire import is_address


def step_legs(target: Target, step: StepId) -> tuple[Leg, ...]:
    """The requests of a step, those at hops left out."""
    if step == "root":
        return (Leg("root-proxy", root_url(target)),)
    if step in ("proxy", "verify"):
        return legs("sse-proxy", target.url)
    places = target.direct if step == "direct" else ()
    return tuple(leg for one in places for leg in legs("sse-direct", one.what, one.vantage))


def proxied_legs(target: Target) -> tuple[Leg, ...]:
    """The requests at the URL, and at each of the proxies in a row behind it."""
    inner = (
        replace(leg, hop=hop.name, host=_host_for(target, hop.place.what))
        for hop in target.hops
        for leg in legs("sse-hop", hop.place.what, hop.place.vantage)
    )
    return (*step_legs(target, "proxy"), *inner)


def _host_for(target: Target, url: str) -> str:
    """An address has no virtual hosts: a hop given by its address is asked for the name that
    customers ask for."""
    named = urlsplit(url).hostname or ""
    return urlsplit(target.url).netloc if is_address(named) else ""


def root_url(target: Target) -> str:
    """The root path at the target's host."""
    parts = urlsplit(target.url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def conf_requests(target: Target) -> tuple[Request, Request]:
    """The request for the stream, and that for the root path, as the Nginx sees them whose config
    is read: at its hop, else where the URL leads."""
    here, root = conf_hop(target), request_for(root_url(target))
    inside = next((hop.place.what for hop in target.hops if hop.name == here), "")
    stream = request_for(inside or target.url)
    if inside:
        # By the name that is sent there, which for an address is the public one.
        return replace(stream, host=root.host if _host_for(target, inside) else stream.host), root
    if target.connect_to is None:
        return stream, root
    port = target.connect_to[1]
    return replace(stream, port=port), replace(root, port=port)
