"""What must be set in Nginx to fix a finding, and the settings that several rules ask for."""

from collections.abc import Callable
from dataclasses import dataclass

from wizard.diagnose.facts.streams import longest_ping_gap_s
from wizard.model.case import Case
from wizard.model.change import Change, change_key
from wizard.model.config import Directive
from wizard.model.resolution import BUFFERING_PREFIXES, RequestResolution
from wizard.model.target import Style
from wizard.nginx.settings import duration_s, enclosing_blocks
from wizard.text.messages import tr

Settings = Callable[[Case, RequestResolution | None], tuple[Change, ...]]
"""Returns what must be set for one path; its resolution is None without a config."""
Notes = Callable[[Case, Style], tuple[str, ...]]
"""Returns what the reader of a config of this kind must know or do, a sentence each."""


def no_settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """Nothing."""
    return ()


Path = Callable[[Case], str]
"""Returns a path for which a location is missing; empty if none is."""


def no_path(case: Case) -> str:
    """None."""
    return ""


def no_notes(case: Case, style: Style) -> tuple[str, ...]:
    """Nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class NginxSettings:
    """The settings of Nginx that fix what a rule finds.

    Attributes:
        both: For the stream's path, and for the path of its messages if that has a backend.
        stream: For the stream's path alone.
        messages: For the path of the messages alone.
        ends_buffering: True if the fix is that nothing is buffered. Where the config has that
            already, the running Nginx has not loaded it.
        routes_stream: True if another location than today's must serve the stream.
        routes_messages: True if the messages need a location that leads to the stream's backend.
        public_path: A path beside the stream's that must lead to its backend, and that everybody
            may read.
        notes: What the reader must know beside the settings.
    """

    both: Settings = no_settings
    stream: Settings = no_settings
    messages: Settings = no_settings
    ends_buffering: bool = False
    routes_stream: bool = False
    routes_messages: bool = False
    public_path: Path = no_path
    notes: Notes = no_notes

    @property
    def concerns_messages(self) -> bool:
        """True if something changes for the path of the messages."""
        has_settings = self.both is not no_settings or self.messages is not no_settings
        return self.routes_messages or has_settings


PREFIXES = BUFFERING_PREFIXES | {"grpc"}
"""The modules that pass requests on and have settings of their own, by their directives' prefix."""


def prefix_of(resolution: RequestResolution | None) -> str:
    """The prefix of the directives for this path; `proxy` if no module with settings of its own
    passes it on, or without a config."""
    return resolution.prefix if is_passed_on(resolution) and resolution else "proxy"


def is_passed_on(resolution: RequestResolution | None) -> bool:
    """True if a module that has settings of its own passes the request on."""
    upstream = resolution.upstream if resolution else None
    return upstream is not None and upstream.kind in PREFIXES


def in_force(value: str, resolution: RequestResolution | None) -> str:
    """What is known of a value: without a config only Nginx's default is."""
    return (
        tr("{value} is in force", value=value)
        if resolution
        else tr("{value} is Nginx's default", value=value)
    )


# Delivery: buffering and timeouts.

LONG_TIMEOUT_S = 3600
"""The read timeout to set: an hour of silence."""
_WHY_UNBUFFERED = tr("each event is passed on as it comes, instead of when a buffer is full")
_WHY_OVERRULED = tr(
    "the backend answers X-Accel-Buffering: yes, which would turn buffering on again"
)


def unbuffered(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """All that a held stream needs: nothing is buffered, and a long silence ends nothing."""
    return (
        buffering_off(resolution),
        *_overruled_header(case, resolution),
        *read_timeout(case, resolution),
    )


def buffering_off(resolution: RequestResolution | None) -> Change:
    """No buffering of responses."""
    return Change(f"{prefix_of(resolution)}_buffering", "off", _WHY_UNBUFFERED)


def _overruled_header(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The response header overrules the setting, so `yes` has to be ignored (ngx_http_upstream)."""
    name = f"{prefix_of(resolution)}_ignore_headers"
    headers = resolution.value(name).split() if resolution else []
    is_ignored = "x-accel-buffering" in {header.lower() for header in headers}
    sent = {(result.timeline.header("x-accel-buffering") or "").lower() for result in case.direct}
    if is_ignored or "yes" not in sent:
        return ()
    return (Change(name, " ".join((*headers, "X-Accel-Buffering")), _WHY_OVERRULED),)


def read_timeout(
    case: Case, resolution: RequestResolution | None, *, is_cause: bool = False
) -> tuple[Change, ...]:
    """A long read timeout, unless the one in force is long, or longer than any silence measured.

    With `is_cause`, the timeout did end a stream, so it is too short whatever was measured.
    """
    name = f"{prefix_of(resolution)}_read_timeout"
    now = duration_s(resolution.value(name) or "60") if resolution else 60.0
    gap = longest_ping_gap_s(case)
    if now is None or now >= LONG_TIMEOUT_S:
        return ()
    if not (is_cause or gap is None or now == 60 or 0 < now <= gap):
        return ()
    seen = (
        tr("no ping was seen")
        if gap is None
        else tr("the longest silence seen was {gap:.1f} s", gap=gap)
    )
    reason = tr(
        "how long the backend may be silent, not how long the stream may last: {in_force}, "
        "{seen}. The backend should also ping every 15–30 s",
        in_force=in_force(f"{now:g} s", resolution),
        seen=seen,
    )
    return (Change(name, f"{LONG_TIMEOUT_S}s", reason),)


_WHY_CACHE = tr(
    "this location inherits a cache, and a stream from the cache belongs to another client's "
    "session"
)


def cache_off(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """No cache; nothing for `grpc_pass`, which has none."""
    if prefix_of(resolution) == "grpc":
        return ()
    return (Change(f"{prefix_of(resolution)}_cache", "off", _WHY_CACHE),)


# Sets of headers: a level that sets one header inherits none of the others.
# https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header

_WHY_REPEATED = tr(
    "repeated from the outer level ({}): a level that sets one of these inherits none of the others"
)


def own_lines(resolution: RequestResolution, name: str) -> tuple[Directive, ...]:
    """The directives of that name in the serving location itself."""
    return tuple(resolution.location.directive.children(name)) if resolution.location else ()


def inherited_lines(resolution: RequestResolution, name: str) -> tuple[Directive, ...]:
    """The directives of that name that the location inherits if it has none itself."""
    own = resolution.location.directive if resolution.location else None
    blocks = (block for block in reversed(enclosing_blocks(resolution)) if block is not own)
    return next(filter(None, (tuple(block.children(name)) for block in blocks)), ())


def repeated_lines(
    resolution: RequestResolution, name: str, present: set[str]
) -> tuple[Change, ...]:
    """The inherited directives of that name whose keys are not present yet."""
    return tuple(
        Change.from_args(name, line.args, _WHY_REPEATED.format(line.where), repeated=True)
        for line in inherited_lines(resolution, name)
        if change_key(name, line.args) not in present
    )


# Notes of several rules.

HEADER_NOTES: dict[Style, tuple[str, ...]] = {
    "ingress-nginx": (
        tr(
            "ingress-nginx sends Connection by a map and sets its headers in every location: "
            "look for a snippet, or connection-proxy-header, that overrides them"
        ),
    ),
    "f5": (
        tr(
            "take the service out of nginx.org/websocket-services: the controller then sends no "
            "Connection: upgrade for it. More headers: nginx.org/proxy-set-headers"
        ),
    ),
}
_PREFIX_NOTE = tr(
    "rewrite-target removes the prefix (F5: nginx.org/rewrites). Without it, or with a server "
    "that knows its own prefix, the messages need no path of their own"
)


def prefix_notes(case: Case, style: Style) -> tuple[str, ...]:
    """How an ingress controller takes off a path's prefix."""
    return (_PREFIX_NOTE,) if style in ("ingress-nginx", "f5") else ()
