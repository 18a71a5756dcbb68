"""Where the config leads a stream and its messages: the wrong place, without a name, at random."""

import ipaddress
from dataclasses import replace
from urllib.parse import urlsplit

from wizard import nginx
from wizard.diagnose.config.finding import ConfigFinding, place
from wizard.diagnose.rules.seen import buffer_prefix, ignores_header
from wizard.model.resolution import Site
from wizard.nginx.near_miss import meant
from wizard.nginx.settings import lost_headers
from wizard.nginx.upstream import balancing
from wizard.text.text import safe

MESSAGES = ("message", "messages/", "messages")
"""Where servers of HTTP+SSE take messages, beside the stream's path."""


def missed(site: Site) -> tuple[ConfigFinding | None, ...]:
    """A location that was meant for this path and does not serve it."""
    proxied = site.upstream is not None and site.upstream.kind != "static"
    if proxied and not any(row.result == "held" for row in site.delivery):
        return ()
    others = [one for one in meant(site) if one.unbuffered or not proxied]
    return tuple(
        ConfigFinding(
            "location-miss", str(one.directive.where), f"{one.name} does not serve: {one.why}"
        )
        for one in others
    )


def astray(site: Site) -> tuple[ConfigFinding | None, ...]:
    """What goes wrong between this Nginx and the backend."""
    return _messages(site), _lost(site), _tls(site), _affinity(site), _cached(site)


def _messages(site: Site) -> ConfigFinding | None:
    """No usual path of messages leads where the stream's leads."""
    folder, _, last = site.request.path.rstrip("/").rpartition("/")
    if last != "sse" or site.upstream is None or not site.upstream.peers:
        return None
    # The backend names its own paths: a prefix that was stripped is not in them.
    asked = (site.upstream.request_uri or site.request.path).partition("?")[0]
    behind = asked.rstrip("/").rpartition("/")[0]
    paths = [f"{behind}/{name}" for name in MESSAGES]
    if any(_leads_there(site, path) for path in paths):
        return None
    id_ = "message-path-unrouted" if behind == folder else "endpoint-prefix-lost"
    where = str(site.upstream.where or site.config.main)
    text = f"the backend is asked for {safe(asked, 80)}, and neither {safe(paths[0], 80)} nor "
    return ConfigFinding(id_, where, f"{text}{safe(paths[2], 80)} leads to it")


def _leads_there(site: Site, path: str) -> bool:
    found = nginx.inspect(site.config, replace(site.request, path=path, query=""), site.version)
    return bool(found.upstream and site.upstream and found.upstream.peers == site.upstream.peers)


def _lost(site: Site) -> ConfigFinding | None:
    lost = lost_headers(site)
    if lost is None:
        return None
    names = ", ".join(dict.fromkeys(line.args[0] for line in lost.lines))
    text = f"this set drops what {lost.lines[0].where} sets for {names}"
    return ConfigFinding("header-inheritance-lost", str(lost.by.where), safe(text, 300))


def _tls(site: Site) -> ConfigFinding | None:
    upstream = site.upstream
    if upstream is None or not upstream.passed.lower().startswith("https://"):
        return None
    if site.value("proxy_ssl_server_name") != "off" or _is_address(upstream.passed):
        return None
    where = place(site, "proxy_ssl_server_name")
    text = "proxy_ssl_server_name off: a backend that serves several names refuses the handshake"
    return ConfigFinding("tls-upstream-mismatch", where, text)


def _is_address(url: str) -> bool:
    """Whether it names an IP address: no name would be sent for it."""
    try:
        ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def _affinity(site: Site) -> ConfigFinding | None:
    how = balancing(site)
    if not how.scatters:
        return None
    text = f"{len(how.peers)} servers, and nothing keeps a client at one: a server that keeps "
    where = str(how.where or site.config.main)
    return ConfigFinding("no-affinity", where, f"{text}sessions in memory loses messages")


def _cached(site: Site) -> ConfigFinding | None:
    name = f"{buffer_prefix(site)}_cache"
    if site.value(name) in ("", "off") or not ignores_header(site, "cache-control"):
        return None
    text = f"{name} {safe(site.value(name), 40)}, and Cache-Control is ignored: a stream that has "
    return ConfigFinding("cache-replay", place(site, name), f"{text}ended is replayed to others")
