"""The origin of a URL that a backend names of itself, beside the public one."""

import ipaddress

from wizard.diagnose.facts import addresses
from wizard.model.case import Case, FollowUpResult
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr
from wizard.text.urls import origin_of


def forwarded_names(result: FollowUpResult) -> str:
    """The headers of a proxy that a direct request had."""
    return safe(comma_list(result.headers), 200)


def problem(case: Case, url: str) -> str:
    """What is wrong with the URL for a client outside; empty if nothing is."""
    public, named = origin_of(case.target.url), origin_of(url)
    if not named[1]:
        return tr("that is no URL")
    if named == public or (named[0] == public[0] and _same_host_and_port(named, public)):
        return ""
    if _host_of(named) == _host_of(public):
        if public[0] == "https" and named[0] == "http":
            return tr("http, where the request was https")
        return tr("another port than the public one")
    if named[1] in _backend_addresses(case) or _is_private(_host_of(named)):
        return tr("a host that only the inner network knows")
    return ""


def is_unreachable(case: Case, url: str) -> bool:
    """True if the URL surely fails: plain http to an https server, or the backend's address."""
    scheme, address = origin_of(url)
    is_downgrade = scheme == "http" and case.target.url.startswith("https:")
    return is_downgrade or address in _backend_addresses(case)


def _backend_addresses(case: Case) -> set[str]:
    """The backend's own addresses."""
    direct = {origin_of(source.locator)[1] for source in case.target.direct}
    return (direct - {""}) | {addresses.host_port(peer) for peer in addresses.upstream_peers(case)}


def _host_of(origin: tuple[str, str]) -> str:
    """The host without its port; all loopback addresses count as localhost."""
    host = origin[1].rpartition(":")[0]
    try:
        return "localhost" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host


def _same_host_and_port(first: tuple[str, str], second: tuple[str, str]) -> bool:
    ports = {origin[1].rpartition(":")[2] for origin in (first, second)}
    return _host_of(first) == _host_of(second) and len(ports) == 1


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".svc", ".localhost"))
