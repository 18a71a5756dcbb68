"""Where the config leads a stream and its messages: the wrong place, without a name, at random."""

import ipaddress
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.diagnose.config.finding import ConfigFinding, place
from wizard.diagnose.facts.directives import ignores_header
from wizard.model.resolution import RequestResolution
from wizard.nginx.locations import near_misses
from wizard.nginx.resolve import resolve_request
from wizard.nginx.settings import dropped_headers
from wizard.nginx.upstream import balancing_of
from wizard.text.display import safe

MESSAGES = ("message", "messages/", "messages")
"""Where servers of HTTP+SSE take messages, beside the stream's path."""


def missed(resolution: RequestResolution) -> tuple[ConfigFinding | None, ...]:
    """A location that was meant for this path and does not serve it."""
    proxied = resolution.upstream is not None and resolution.upstream.kind != "static"
    if proxied and not any(row.result == "held" for row in resolution.delivery):
        return ()
    others = [one for one in near_misses(resolution) if one.unbuffered or not proxied]
    return tuple(
        ConfigFinding(
            "location-miss", str(one.directive.where), f"{one.name} does not serve: {one.why}"
        )
        for one in others
    )


def astray(resolution: RequestResolution) -> tuple[ConfigFinding | None, ...]:
    """What goes wrong between this Nginx and the backend."""
    return (
        _messages(resolution),
        _lost(resolution),
        _tls(resolution),
        _affinity(resolution),
        _cached(resolution),
    )


def _messages(resolution: RequestResolution) -> ConfigFinding | None:
    """No usual path of messages leads where the stream's leads."""
    folder, _, last = resolution.request.path.rstrip("/").rpartition("/")
    if last != "sse" or resolution.upstream is None or not resolution.upstream.peers:
        return None
    # The backend names its own paths: a prefix that was stripped is not in them.
    asked = (resolution.upstream.request_uri or resolution.request.path).partition("?")[0]
    behind = asked.rstrip("/").rpartition("/")[0]
    paths = [f"{behind}/{name}" for name in MESSAGES]
    if any(_leads_there(resolution, path) for path in paths):
        return None
    id_ = "message-path-unrouted" if behind == folder else "endpoint-prefix-lost"
    where = str(resolution.upstream.where or resolution.config.main)
    text = f"the backend is asked for {safe(asked, 80)}, and neither {safe(paths[0], 80)} nor "
    return ConfigFinding(id_, where, f"{text}{safe(paths[2], 80)} leads to it")


def _leads_there(resolution: RequestResolution, path: str) -> bool:
    found = resolve_request(
        resolution.config, replace(resolution.request, path=path, query=""), resolution.version
    )
    return bool(
        found.upstream and resolution.upstream and found.upstream.peers == resolution.upstream.peers
    )


def _lost(resolution: RequestResolution) -> ConfigFinding | None:
    failing = dropped_headers(resolution)
    if failing is None:
        return None
    names = ", ".join(dict.fromkeys(line.args[0] for line in failing.lines))
    text = f"this set drops what {failing.lines[0].where} sets for {names}"
    return ConfigFinding("header-inheritance-lost", str(failing.by.where), safe(text, 300))


def _tls(resolution: RequestResolution) -> ConfigFinding | None:
    upstream = resolution.upstream
    if upstream is None or not upstream.passed.lower().startswith("https://"):
        return None
    if resolution.value("proxy_ssl_server_name") != "off" or _is_address(upstream.passed):
        return None
    where = place(resolution, "proxy_ssl_server_name")
    text = "proxy_ssl_server_name off: a backend that serves several names refuses the handshake"
    return ConfigFinding("tls-upstream-mismatch", where, text)


def _is_address(url: str) -> bool:
    """Whether it names an IP address: no name would be sent for it."""
    try:
        ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def _affinity(resolution: RequestResolution) -> ConfigFinding | None:
    how = balancing_of(resolution)
    if not how.spreads_clients:
        return None
    text = f"{len(how.peers)} servers, and nothing keeps a client at one: a server that keeps "
    where = str(how.where or resolution.config.main)
    return ConfigFinding("no-affinity", where, f"{text}sessions in memory loses messages")


def _cached(resolution: RequestResolution) -> ConfigFinding | None:
    name = f"{resolution.prefix}_cache"
    if resolution.value(name) in ("", "off") or not ignores_header(resolution, "cache-control"):
        return None
    value = safe(resolution.value(name), 40)
    text = f"{name} {value}, and Cache-Control is ignored: a stream that has "
    return ConfigFinding(
        "cache-replay", place(resolution, name), f"{text}ended is replayed to others"
    )
