"""Which addresses are one: where Nginx passes a path, and where the direct URL leads."""

from urllib.parse import urlsplit

from wizard.diagnose.rules import facts
from wizard.model.case import Case
from wizard.model.target import LOCAL
from wizard.model.timeline import Probe
from wizard.text.display import safe

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def same_backend(case: Case) -> str:
    """Why the proxied stream is known to go to a live backend; empty if it is not known.

    Without this, a dead address behind the stream's location looks like a held stream until
    Nginx gives up connecting.
    """
    if case.resolution is None or case.resolution.upstream is None:
        return ""
    upstream = case.resolution.upstream
    for result in facts.live_direct(case):
        if leads_to(case, result.timeline.probe):
            direct = address(result.timeline.probe.url)
            return f"Nginx passes this path to {safe(direct)}, which is the direct URL's address"
    if not case.resolution.listens or elsewhere(case):
        return ""
    root = case.root_resolution.upstream if case.root_resolution else None
    if facts.root_answers(case) and root and upstream.peers and root.peers == upstream.peers:
        return "/ goes to the same upstream and is answered"
    return ""


def is_direct(case: Case) -> bool:
    """Whether Nginx passes the path to the very address that is live when asked directly."""
    return any(leads_to(case, result.timeline.probe) for result in facts.live_direct(case))


def leads_to(case: Case, probe: Probe) -> bool:
    """Whether Nginx passes the path to this direct probe's address, as one of its peers."""
    peers = case.resolution.upstream.peers if case.resolution and case.resolution.upstream else ()
    there = direct_address(case, probe)
    return bool(there) and any(is_same(there, address(peer)) for peer in peers)


def direct_address(case: Case, probe: Probe) -> str:
    """A direct probe's address as the Nginx of the config would name it; empty where it cannot: the
    loopback of one host is not that of another."""
    found = address(probe.url)
    return "" if _is_loopback(found) and not _same_host(case, probe) else found


def _same_host(case: Case, probe: Probe) -> bool:
    """Whether the probe ran where the config was read."""
    conf = case.target.conf
    return probe.vantage == (conf.vantage if conf else LOCAL)


def _is_loopback(place: str) -> bool:
    return place.rpartition(":")[0] in _LOOPBACK


def elsewhere(case: Case) -> str:
    """Where Nginx passes the stream, if that is plainly not where the direct URL leads."""
    peers = case.resolution.upstream.peers if case.resolution and case.resolution.upstream else ()
    probes = [result.timeline.probe for result in case.direct]
    differ = [_leads_elsewhere(case, probe, address(peer)) for peer in peers for probe in probes]
    return ", ".join(peers) if differ and all(differ) else ""


def _leads_elsewhere(case: Case, probe: Probe, peer: str) -> bool:
    one = address(probe.url)
    own = _is_loopback(one) or _is_loopback(peer)
    return _differ(peer, one) and (_same_host(case, probe) or not own)


def _differ(one: str, other: str) -> bool:
    """Whether two addresses are of the same kind, and two. A name may stand for any address."""
    (host, _, _), (there, _, _) = one.rpartition(":"), other.rpartition(":")
    comparable = host == there or (_is_literal(host) and _is_literal(there))
    return comparable and not is_same(one, other)


def is_same(one: str, other: str) -> bool:
    """Whether two addresses are one; this machine has several names."""
    return named(one) == named(other)


def named(place: str) -> str:
    """An address under one name for this machine, to compare."""
    host, _, port = place.rpartition(":")
    return f"localhost:{port}" if host in _LOOPBACK else place


def _is_literal(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("[") or host.replace(".", "").isdigit()


def address(peer: str) -> str:
    """A peer or URL as host:port in lower case; the port is the scheme's where none is named."""
    text = peer.lower()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return text  # no address: a config may hold anything
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
