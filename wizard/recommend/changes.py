"""Which settings the stream's location needs, each because of something found or seen."""

from dataclasses import dataclass

from wizard.model import Case, Diagnosis
from wizard.nginx.site import Site
from wizard.nginx.units import duration_s
from wizard.rules.seen import ping_gap

HOLDING = frozenset(
    {"proxy-buffering-hold", "gzip-plus-buffering", "xab-ignored", "idle-headers-held"}
)
"""The failure modes that end where nothing is buffered."""
MENDED = HOLDING | {"idle-read-timeout"}
"""The failure modes that a setting in the stream's location mends."""
KINDS = frozenset({"proxy", "fastcgi", "uwsgi", "scgi"})
"""The kinds of upstream whose answers Nginx may buffer."""
UNBUFFERED = frozenset({"grpc", "memcached"})
"""Those that have no such setting."""
LONG_S = 3600
"""The read timeout that is proposed, in seconds: an hour of silence."""

_WHY_BUFFERING = (
    "each event is passed on as it comes, instead of when a buffer is full. Linters of the gixy "
    "kind flag this line; for this one location it is right: a stream is never a full buffer"
)
_WHY_IGNORED = (
    ". It also settles the ignored X-Accel-Buffering header; no longer ignoring it is the other way"
)
_WHY_GZIP = "compression would collect the events once more; streams gain little from it"
_WHY_CACHE = "a cache is inherited here, and a replayed stream is somebody else's session"
_WHY_OVERRULED = "the backend answers X-Accel-Buffering: yes, which would turn buffering on again"


@dataclass(frozen=True, slots=True)
class Change:
    """One directive to set in the stream's location."""

    name: str
    value: str
    reason: str

    @property
    def args(self) -> tuple[str, ...]:
        """The value as Nginx splits it."""
        return tuple(self.value.split())

    @property
    def text(self) -> str:
        """The directive as it stands in a config."""
        return f"{self.name} {self.value};"


def changes(case: Case, diagnosis: Diagnosis) -> tuple[Change, ...]:
    """What to set, in the order to read it; empty where no setting of Nginx would help."""
    ids = frozenset(
        finding.id
        for finding in (*diagnosis.causes, *diagnosis.risks)
        if finding.fix.where == "nginx"
    )
    kind = _kind(case.site)
    wanted = (
        _buffering(kind, ids),
        _overruled(kind, ids, case),
        Change("gzip", "off", _WHY_GZIP) if "gzip-plus-buffering" in ids else None,
        _cache(kind, case.site),
        _read_timeout(kind, ids, case),
    )
    return tuple(change for change in wanted if change)


def _kind(site: Site | None) -> str:
    kind = site.upstream.kind if site and site.upstream else ""
    return kind if kind in KINDS else "proxy"


def _buffering(kind: str, ids: frozenset[str]) -> Change | None:
    if not ids & HOLDING:
        return None
    reason = _WHY_BUFFERING + (_WHY_IGNORED if "xab-ignored" in ids else "")
    return Change(f"{kind}_buffering", "off", reason)


def _overruled(kind: str, ids: frozenset[str], case: Case) -> Change | None:
    """The response header overrules the setting, so `yes` has to be ignored (ngx_http_upstream)."""
    name = f"{kind}_ignore_headers"
    known = case.site.value(name).split() if case.site else []
    ignored = {entry.lower() for entry in known}
    asked = {(cell.timeline.header("x-accel-buffering") or "").lower() for cell in case.direct}
    if not ids & HOLDING or "yes" not in asked or "x-accel-buffering" in ignored:
        return None
    return Change(name, " ".join((*known, "X-Accel-Buffering")), _WHY_OVERRULED)


def _cache(kind: str, site: Site | None) -> Change | None:
    name = f"{kind}_cache"
    return Change(name, "off", _WHY_CACHE) if site and site.value(name) not in ("", "off") else None


def _read_timeout(kind: str, ids: frozenset[str], case: Case) -> Change | None:
    name = f"{kind}_read_timeout"
    now = duration_s(case.site.value(name) or "60") if case.site else 60.0
    gap = ping_gap(case)
    needed = "idle-read-timeout" in ids or now == 60 or (gap is not None and now and now <= gap)
    if now is None or now >= LONG_S or not (needed or gap is None):
        return None
    return Change(name, f"{LONG_S}s", _why_timeout(now, gap))


def _why_timeout(now: float, gap: float | None) -> str:
    seen = "no ping was seen" if gap is None else f"the longest silence seen was {gap:.1f} s"
    return (
        f"the longest silence between two reads from the backend, not a total: {now:g} s is in "
        f"force, {seen}. Pings every 15–30 s from the backend are needed as well"
    )
