"""Settings that the stream's path and the messages' path need alike."""

import ipaddress
from urllib.parse import urlsplit

from wizard.model import Case
from wizard.nginx.site import Site
from wizard.nginx.units import duration_s
from wizard.recommend import headers
from wizard.recommend.change import Change, line
from wizard.recommend.limits import lifted

CONNECT_S = 3
"""The connect timeout that is proposed, in seconds."""
_WHY_OLD = (
    "the backend cannot speak HTTP/1.1 with keepalive, Nginx's default since 1.29.7. An answer in "
    "HTTP/1.0 ends by close, so buffering must be off for it to come as it is sent"
)
_WHY_SNI = (
    "without it Nginx names no host in its TLS handshake, and a backend that chooses its "
    "certificate by name refuses or answers for another host"
)
_WHY_NAME = (
    "the name that Nginx asks for and checks; without it that is the host in proxy_pass. It must "
    "stand on the backend's certificate"
)
_WHY_CONNECT = (
    "how long to wait for a dead peer before the next is tried; a live one answers in "
    "milliseconds. It has nothing to do with how long a stream may last"
)


def common(case: Case, site: Site | None, ids: frozenset[str]) -> tuple[Change, ...]:
    """What to set for a path that this site serves."""
    found: list[Change] = []
    if "new-default-regression" in ids:
        found.append(Change("proxy_http_version", "1.0", _WHY_OLD))
    if "upgrade-hardcoded" in ids and _sends_upgrade(site):
        found += headers.without_upgrade(site)
    if "header-inheritance-lost" in ids:
        found += headers.restored(site)
    if "tls-upstream-mismatch" in ids:
        found += _tls(case, site)
    if "dead-peer-replay" in ids:
        found += _connecting(site)
    if "limits" in ids:
        found += lifted(site)
    return tuple(found)


def _sends_upgrade(site: Site | None) -> bool:
    """Whether each request is sent with `Connection: upgrade`; taken so without a config."""
    setting = site.effective.get("proxy_set_header") if site else None
    entries = setting.entries if setting else ()
    sent = [one[1].lower() for one in entries if len(one) > 1 and one[0].lower() == "connection"]
    return site is None or "upgrade" in sent


def _connecting(site: Site | None) -> tuple[Change, ...]:
    """A short wait for a peer, where there are several and it is not short already."""
    if site and site.upstream and len(site.upstream.peers) == 1:
        return ()
    now = duration_s(site.value("proxy_connect_timeout") or "60") if site else None
    short = now is not None and now <= CONNECT_S
    return () if short else (Change("proxy_connect_timeout", f"{CONNECT_S}s", _WHY_CONNECT),)


def _tls(case: Case, site: Site | None) -> tuple[Change, ...]:
    name = _name(case, site)
    named = (line("proxy_ssl_name", (name,), _WHY_NAME),) if name else ()
    return (Change("proxy_ssl_server_name", "on", _WHY_SNI), *named)


def _name(case: Case, site: Site | None) -> str:
    """The backend's name as its certificate has it; empty where proxy_pass names it already."""
    upstream = site.upstream if site else None
    passed = _host(upstream.passed) if upstream else ""
    peers = [_host(f"//{one}") for one in upstream.peers] if upstream else []
    if passed in peers and _is_name(passed):
        return ""
    direct = [_host(one.what) for one in case.target.direct]
    return next((one for one in (*direct, *peers) if _is_name(one)), "$host")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_name(host: str) -> bool:
    """Whether a certificate can be issued for it: a name with a dot, no address, no variable."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and "$" not in host
    return False
