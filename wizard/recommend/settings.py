"""Which settings the stream's path and the messages' path need, each because of something found."""

import ipaddress
from urllib.parse import urlsplit

from wizard.diagnose.facts.streams import longest_ping_gap_s
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Diagnosis
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import duration_s, size_bytes
from wizard.recommend import inherited
from wizard.recommend.inherited import lifted

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


def common(
    case: Case, resolution: RequestResolution | None, ids: frozenset[str]
) -> tuple[Change, ...]:
    """What to set for a path that this site serves."""
    found: list[Change] = []
    if "new-default-regression" in ids:
        found.append(Change("proxy_http_version", "1.0", _WHY_OLD))
    if "upgrade-hardcoded" in ids and _sends_upgrade(resolution):
        found += inherited.without_upgrade(resolution)
    if "header-inheritance-lost" in ids:
        found += inherited.restored(resolution)
    if "tls-upstream-mismatch" in ids:
        found += _tls(case, resolution)
    if "dead-peer-replay" in ids:
        found += _connecting(resolution)
    if "limits" in ids:
        found += lifted(resolution)
    return tuple(found)


def _sends_upgrade(resolution: RequestResolution | None) -> bool:
    """Whether each request is sent with `Connection: upgrade`; taken so without a config."""
    setting = resolution.settings.get("proxy_set_header") if resolution else None
    entries = setting.entries if setting else ()
    sent = [one[1].lower() for one in entries if len(one) > 1 and one[0].lower() == "connection"]
    return resolution is None or "upgrade" in sent


def _connecting(resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A short wait for a peer, where there are several and it is not short already."""
    if resolution and resolution.upstream and len(resolution.upstream.peers) == 1:
        return ()
    now = duration_s(resolution.value("proxy_connect_timeout") or "60") if resolution else None
    short = now is not None and now <= CONNECT_S
    return () if short else (Change("proxy_connect_timeout", f"{CONNECT_S}s", _WHY_CONNECT),)


def _tls(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    name = _name(case, resolution)
    named = (Change.from_args("proxy_ssl_name", (name,), _WHY_NAME),) if name else ()
    return (Change("proxy_ssl_server_name", "on", _WHY_SNI), *named)


def _name(case: Case, resolution: RequestResolution | None) -> str:
    """The backend's name as its certificate has it; empty where proxy_pass names it already."""
    upstream = resolution.upstream if resolution else None
    passed = _host(upstream.passed) if upstream else ""
    peers = [_host(f"//{one}") for one in upstream.peers] if upstream else []
    if passed in peers and _is_name(passed):
        return ""
    direct = [_host(one.locator) for one in case.target.direct]
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


HOLDING = frozenset(
    {"proxy-buffering-hold", "gzip-plus-buffering", "xab-ignored", "idle-headers-held"}
)
"""The failure modes that end where nothing is buffered."""
BOTH = frozenset(
    {"new-default-regression", "upgrade-hardcoded", "header-inheritance-lost", "limits"}
    | {"tls-upstream-mismatch", "dead-peer-replay"}
)
"""Those that a setting mends which the stream and the messages need alike."""
ROUTING = frozenset({"endpoint-prefix-lost", "message-path-unrouted"})
"""Those that a location for the messages' path mends."""
MENDED = (
    HOLDING
    | BOTH
    | ROUTING
    | {"idle-read-timeout", "cache-replay", "location-miss", "no-affinity"}
    | {"body-too-large", "header-timeout-504", "query-dropped"}
)
"""The failure modes that a block mends."""
UNBUFFERED = frozenset({"grpc", "memcached"})
"""Those that have no such setting."""
LONG_S = 3600
"""The read timeout that is proposed, in seconds: an hour of silence."""
BODY = 10 * 1024 * 1024
"""The body size that is proposed, in bytes, where the limit is smaller."""

_WHY_BUFFERING = "each event is passed on as it comes, instead of when a buffer is full"
_WHY_IGNORED = (
    ". It also settles the ignored X-Accel-Buffering header; no longer ignoring it is the other way"
)
_WHY_GZIP = (
    "with buffering off gzip holds nothing back any more, but compresses each event by itself: "
    "work for nothing on a stream"
)
_WHY_CACHE = "a cache is inherited here, and a replayed stream is somebody else's session"
_WHY_OVERRULED = "the backend answers X-Accel-Buffering: yes, which would turn buffering on again"
_WHY_BODY = (
    "the largest message that may be posted here: {}. Choose what the largest tool "
    "call needs; 0 would lift the limit"
)
_WHY_POST = (
    "how long the backend may think before it answers a POST: {}, and Nginx "
    "answers 504 at its end. Progress notifications from the server are the other half"
)


def ids_of(diagnosis: Diagnosis) -> frozenset[str]:
    """What was found that is Nginx's to mend, risks included."""
    found = (*diagnosis.causes, *diagnosis.risks)
    return frozenset(one.id for one in found if one.fix.where == "nginx")


def changes(case: Case, ids: frozenset[str]) -> tuple[Change, ...]:
    """What to set for the stream, in the order to read it."""
    prefix = case.resolution.buffering_prefix if case.resolution else "proxy"
    wanted = (
        _buffering(prefix, ids),
        _overruled(prefix, ids, case),
        Change("gzip", "off", _WHY_GZIP) if "gzip-plus-buffering" in ids else None,
        _cache(prefix, ids, case.resolution),
        *common(case, case.resolution, ids),
    )
    found = tuple(change for change in wanted if change)
    if ids & (HOLDING | {"idle-read-timeout", "new-default-regression"}):
        timeout = _read_timeout(prefix, ids, case)
        found += (timeout,) if timeout else ()
    return found


def message_changes(
    case: Case, resolution: RequestResolution | None, ids: frozenset[str]
) -> tuple[Change, ...]:
    """What to set for the path that messages are posted to, which this site serves."""
    wanted = (
        _body(resolution) if "body-too-large" in ids else None,
        _post_timeout(resolution) if "header-timeout-504" in ids else None,
        *(common(case, resolution, ids) if is_buffered(resolution) else ()),
    )
    return tuple(change for change in wanted if change)


def is_buffered(resolution: RequestResolution | None) -> bool:
    """Whether the site says that the path goes to a backend whose answers could be buffered."""
    return resolution is not None and resolution.can_buffer


def _buffering(prefix: str, ids: frozenset[str]) -> Change | None:
    if not ids & (HOLDING | {"new-default-regression"}):
        return None
    reason = _WHY_BUFFERING + (_WHY_IGNORED if "xab-ignored" in ids else "")
    return Change(f"{prefix}_buffering", "off", reason)


def _overruled(prefix: str, ids: frozenset[str], case: Case) -> Change | None:
    """The response header overrules the setting, so `yes` has to be ignored (ngx_http_upstream)."""
    name = f"{prefix}_ignore_headers"
    known = case.resolution.value(name).split() if case.resolution else []
    ignored = {entry.lower() for entry in known}
    asked = {(result.timeline.header("x-accel-buffering") or "").lower() for result in case.direct}
    if not ids & HOLDING or "yes" not in asked or "x-accel-buffering" in ignored:
        return None
    return Change(name, " ".join((*known, "X-Accel-Buffering")), _WHY_OVERRULED)


def _cache(prefix: str, ids: frozenset[str], resolution: RequestResolution | None) -> Change | None:
    name = f"{prefix}_cache"
    is_on = resolution.value(name) not in ("", "off") if resolution else False
    return Change(name, "off", _WHY_CACHE) if is_on or "cache-replay" in ids else None


def _read_timeout(prefix: str, ids: frozenset[str], case: Case) -> Change | None:
    name = f"{prefix}_read_timeout"
    now = duration_s(case.resolution.value(name) or "60") if case.resolution else 60.0
    gap = longest_ping_gap_s(case)
    needed = "idle-read-timeout" in ids or now == 60 or (gap is not None and now and now <= gap)
    if now is None or now >= LONG_S or not (needed or gap is None):
        return None
    return Change(name, f"{LONG_S}s", _why_timeout(_force(f"{now:g} s", case.resolution), gap))


def _force(value: str, resolution: RequestResolution | None) -> str:
    """What is said of a value today: without a config only the default is known."""
    return f"{value} is in force" if resolution else f"{value} is Nginx's default"


def _why_timeout(now: str, gap: float | None) -> str:
    seen = "no ping was seen" if gap is None else f"the longest silence seen was {gap:.1f} s"
    return (
        f"the longest silence between two reads from the backend, not a total: {now}, {seen}. "
        "Pings every 15–30 s from the backend are needed as well"
    )


def _body(resolution: RequestResolution | None) -> Change:
    written = resolution.value("client_max_body_size") if resolution else ""
    now = size_bytes(written or "1m") or 0
    size = BODY if now < BODY else now * 4
    why = _WHY_BODY.format(_force(written or "1m", resolution))
    return Change("client_max_body_size", f"{-(-size // 2**20)}m", why)


def _post_timeout(resolution: RequestResolution | None) -> Change:
    prefix = resolution.buffering_prefix if resolution else "proxy"
    name = f"{prefix}_read_timeout"
    now = duration_s(resolution.value(name) or "60") if resolution else 60.0
    wanted = LONG_S if not now or now < LONG_S else int(now * 4)
    return Change(name, f"{wanted}s", _WHY_POST.format(_force(f"{now or 0:g} s", resolution)))
