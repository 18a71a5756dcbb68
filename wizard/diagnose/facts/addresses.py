"""Comparison of addresses: where Nginx passes a path, and where the direct URL leads."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from wizard.diagnose.facts import product, streams
from wizard.model.case import Case
from wizard.model.config import Config
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.target import LOCAL
from wizard.model.timeline import Timeline
from wizard.nginx.servers import ANY, listens_at, listens_of
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr
from wizard.text.urls import is_unix, socket_path

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def same_backend_reason(case: Case) -> str:
    """Why the proxied stream is known to go to a live backend; empty if it is not known.

    Without a reason, a dead address behind the stream's location looks like a held stream until
    Nginx gives up connecting.
    """
    if case.resolution is None or case.resolution.upstream is None:
        return ""
    for result in streams.live_direct_probes(case):
        if leads_to(case, result.timeline.probe):
            direct = host_port(result.timeline.probe.url)
            return tr(
                "Nginx passes this path to {direct}, which is the direct URL's address",
                direct=safe(direct),
            )
    if not case.resolution.listens or other_backend(case):
        return ""
    peers = case.resolution.upstream.peers
    root = case.root_resolution.upstream if case.root_resolution else None
    if streams.is_root_answered(case) and root and peers and root.peers == peers:
        return tr("/ goes to the same upstream and is answered")
    return ""


def is_direct(case: Case) -> bool:
    """True if Nginx passes the path to the address of a live direct probe."""
    return any(leads_to(case, result.timeline.probe) for result in streams.live_direct_probes(case))


def leads_to(case: Case, probe: Probe) -> bool:
    """True if the address of this direct probe is one of the peers to which Nginx passes."""
    direct = direct_address(case, probe)
    return bool(direct) and any(is_same(direct, host_port(peer)) for peer in upstream_peers(case))


def direct_address(case: Case, probe: Probe) -> str:
    """The address of a direct probe as the host of Nginx would write it.

    Empty for the loopback address of another host, which this Nginx cannot mean.
    """
    address = host_port(probe.url)
    return "" if _is_loopback(address) and not _ran_beside_nginx(case, probe) else address


def upstream_peers(case: Case) -> tuple[str, ...]:
    """The peers to which Nginx passes the stream; empty without a config."""
    upstream = case.resolution.upstream if case.resolution else None
    return upstream.peers if upstream else ()


def is_listener(case: Case, timeline: Timeline) -> bool:
    """True if a direct probe was sent to a port or socket on which Nginx itself listens here.

    An answer without Nginx's name contradicts that: the config is a copy from another machine.
    """
    if case.resolution is None or not _ran_beside_nginx(case, timeline.probe):
        return False
    server = timeline.header("server")
    if timeline.headers_s is not None and not product.names_nginx(server or ""):
        return False
    address = host_port(timeline.probe.url)
    if is_unix(address):
        own_sockets = listens_at(case.resolution.config, None)
        return any(is_same(host_port(listen.address), address) for listen in own_sockets)
    host, _, port = address.rpartition(":")
    names = {host, bracketed(timeline.address or host)}
    public = {bracketed(result.timeline.address or "") for result in case.proxy}
    own = _LOOPBACK | (public if case.resolution.listens else set())
    is_own = timeline.is_own_address or bool(names & own)
    listens = listens_at(case.resolution.config, int(port or 0))
    return any(listen.address in names or (listen.address == ANY and is_own) for listen in listens)


def passes_to_itself(case: Case) -> bool:
    """True if the config passes the stream to an address on which the same Nginx listens: to a
    further server of the config, which may buffer as well."""
    peers = map(host_port, upstream_peers(case))
    return case.resolution is not None and any(
        _listens_at(case.resolution.config, peer) for peer in peers
    )


def _listens_at(config: Config, peer: str) -> bool:
    """True if a server of the config listens at this address of its machine."""
    if is_unix(peer):
        return peer in {host_port(listen.address) for listen in listens_at(config, None)}
    host, _, port = peer.rpartition(":")
    names = {listen.address for listen in listens_at(config, int(port))} if port.isdecimal() else {}
    return host in names or (host in _LOOPBACK and ANY in names)


def own_url(case: Case) -> str:
    """The stream's URL at this Nginx itself, by the first `listen` of its server.

    The host is left open if the server listens on all addresses of another machine.
    """
    resolution = case.resolution
    if resolution is None or resolution.server is None:
        return ""
    listens = listens_of(resolution.server.directive)
    listen = next((listen for listen in listens if listen.port is not None), None)
    if listen is None:
        return ""
    is_here = case.target.conf is not None and case.target.conf.vantage == LOCAL
    host = listen.address if listen.address != ANY else "127.0.0.1" if is_here else "HOST"
    scheme = "https" if "ssl" in listen.flags else "http"
    path = urlsplit(case.target.url).path or "/"
    return safe(f"{scheme}://{host}:{listen.port}{path}", 200)


def _ran_beside_nginx(case: Case, probe: Probe) -> bool:
    """True if the probe ran where the config was read."""
    conf = case.target.conf
    return probe.vantage == (conf.vantage if conf else LOCAL)


def _is_loopback(address: str) -> bool:
    """True if only its own machine reaches the address, as it does a unix socket."""
    return address.rpartition(":")[0] in _LOOPBACK or is_unix(address)


def other_backend(case: Case) -> str:
    """The peers to which Nginx passes the stream, if surely none of them is a direct URL's.

    Empty if one may be.
    """
    return comma_list(upstream_peers(case)) if case.direct and not possible_peers(case) else ""


def possible_peers(case: Case) -> tuple[ProbeResult, ...]:
    """The direct probes that may have asked a peer to which Nginx passes the stream."""
    return tuple(result for result in case.direct if may_ask_peer(case, result.timeline.probe))


def may_ask_peer(case: Case, probe: Probe) -> bool:
    """True unless this direct probe surely asks none of the peers to which Nginx passes."""
    peers = [host_port(peer) for peer in upstream_peers(case)]
    return not peers or not all(_leads_elsewhere(case, probe, peer) for peer in peers)


def x_accel_buffering(case: Case) -> str | None:
    """The backend's X-Accel-Buffering in lower case; None if absent, or if no direct probe ran.

    The header of a backend that surely is not Nginx's does not count.
    """
    for result in possible_peers(case):
        if (value := result.timeline.header("x-accel-buffering")) is not None:
            return value.strip().lower()
    return None


def _leads_elsewhere(case: Case, probe: Probe, peer: str) -> bool:
    address = host_port(probe.url)
    is_local = _is_loopback(address) or _is_loopback(peer)
    return _differ(peer, address) and (_ran_beside_nginx(case, probe) or not is_local)


def _differ(first: str, second: str) -> bool:
    """True if two addresses surely differ. A host name may stand for any IP address."""
    (host, _, _), (other, _, _) = first.rpartition(":"), second.rpartition(":")
    comparable = host == other or (_is_literal(host) and _is_literal(other))
    return comparable and not is_same(first, second)


def is_same(first: str, second: str) -> bool:
    """True if two addresses are the same; the names of this machine count as one."""
    return canonical(first) == canonical(second)


def bracketed(address: str) -> str:
    """An IP address as a URL has it: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


def canonical(address: str) -> str:
    """An address with one name for this machine, for comparison."""
    host, _, port = address.rpartition(":")
    return f"localhost:{port}" if host in _LOOPBACK else address


def _is_literal(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("[") or host.replace(".", "").isdigit()


def host_port(peer: str) -> str:
    """A peer or URL as host:port in lower case, with the default port of its scheme.

    A unix socket is `unix:` and its file name; `/var/run` is a link to `/run` on today's systems.
    """
    if is_unix(peer):
        path = socket_path(peer)
        return f"unix:{path.removeprefix('/var') if path.startswith('/var/run/') else path}"
    text = peer.lower()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return text  # not an address: a config may hold any text
    return f"{bracketed(parts.hostname or '')}:{port}"


def is_ip_address(host: str) -> bool:
    """True for an address, perhaps in brackets, and False for a name."""
    try:
        return bool(ip_address(host.strip("[]")))
    except ValueError:
        return False
