"""The places where the stream was entered, from outside to the backend."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urlsplit

from wizard.diagnose.outcome import is_well
from wizard.model.case import HELD_OUTCOMES, Case, FirstFailingHop, ProbeResult
from wizard.model.target import LOCAL, Target
from wizard.model.timeline import Encoding, Http, Probe

OUTSIDE = "outside"
"""What the place is called where customers enter: the URL itself."""
Variant = tuple[Http, Encoding]
VARIANTS: tuple[Variant, ...] = (
    ("1.1", "identity"),
    ("1.1", "gzip"),
    ("2", "identity"),
    ("2", "gzip"),
)


@dataclass(frozen=True, slots=True)
class HopResult:
    """One place where the stream was entered.

    Attributes:
        kind: `outside` (the URL), `hop`, or `direct`.
        name: `outside`, the hop's name, or for a direct URL the vantage and the address.
    """

    kind: str
    name: str
    url: str
    vantage: str
    results: tuple[ProbeResult, ...]

    def result(self, way: Variant) -> ProbeResult | None:
        """What was seen for one way to ask; None if that was not asked or not offered here."""
        asked = (result for result in self.results if way_of(result) == way)
        return next((result for result in asked if result.outcome != "not-offered"), None)

    def like(self, way: Variant) -> ProbeResult | None:
        """The same, else its likest: a hop without TLS knows no HTTP/2."""
        return self.result(way) or self.result(("1.1", way[1])) or self.result(("1.1", "identity"))


def way_of(result: ProbeResult) -> Variant:
    """How a probe was asked."""
    return result.timeline.probe.http, result.timeline.probe.encoding


def results_by_hop(case: Case) -> tuple[HopResult, ...]:
    """All places, outermost first; of several direct ones those that are not live come first:
    they are further out."""
    outside = HopResult("outside", OUTSIDE, case.target.url, LOCAL, case.proxy)
    hops = _hop_results("hop", case.hops, lambda probe: probe.hop)
    direct = _hop_results("direct", case.direct, direct_name)
    inwards = sorted(
        direct, key=lambda hop_result: any(is_well(result) for result in hop_result.results)
    )
    return tuple(hop_result for hop_result in (outside, *hops, *inwards) if hop_result.results)


def direct_name(probe: Probe) -> str:
    """`direct`, and the vantage if it is not this machine."""
    return "direct" if probe.vantage == LOCAL else f"direct from {probe.vantage}"


def _hop_results(
    kind: str, results: Iterable[ProbeResult], name: Callable[[Probe], str]
) -> list[HopResult]:
    places: dict[tuple[str, str, str], list[ProbeResult]] = {}
    for result in results:
        probe = result.timeline.probe
        places.setdefault((name(probe), probe.url, probe.vantage), []).append(result)
    return [HopResult(kind, *place, tuple(found)) for place, found in places.items()]


def conf_hop(target: Target) -> str:
    """The hop whose Nginx the config describes: the one it is read at or named after, else the
    innermost; empty where there are no hops."""
    if not target.hops:
        return ""
    at = target.conf.vantage if target.conf else LOCAL
    theirs = [hop for hop in target.hops if at != LOCAL and at in (hop.name, hop.source.vantage)]
    return (theirs or list(target.hops))[-1].name


_TELLS_NOTHING = frozenset(
    {"running", "interrupted", "silent", "answered", "not-offered", "not-asked"}
)


def first_failing_hop(case: Case) -> FirstFailingHop | None:
    """Where the stream is lost: the innermost place where it is not well, next to one where it
    is, and nowhere further out is it well again. None where the places do not say so."""
    hop_results = results_by_hop(case)
    if misnamed(case.target):
        return None
    found = [
        _lost(case, hop_results, way)
        for way in VARIANTS
        if hop_results and hop_results[0].result(way)
    ]
    places = [one for one in found if one is not None]
    # Ways that are lost at different places have different causes; the innermost comes first.
    return max(places, key=lambda one: one[0], default=(0, None))[1]


def _lost(
    case: Case, hop_results: Sequence[HopResult], way: Variant
) -> tuple[int, FirstFailingHop] | None:
    """For one way to ask: how far in, and between which two."""
    told = _told(case, hop_results, way)
    well = [fine for _, _, fine in told]
    if len(told) < 2 or not well[-1] or all(well):
        return None
    at = max(place for place, fine in enumerate(well) if not fine)
    if any(well[:at]):
        return None  # Live further out: see `doubt`.
    (hop_result, result, _), (inner, fine, _) = told[at], told[at + 1]
    between = hop_results[hop_results.index(hop_result) + 1 : hop_results.index(inner)]
    unseen = tuple(one.name for one in between if one.kind == "hop")
    return at, FirstFailingHop(
        hop_result.kind, hop_result.name, result, inner.kind, inner.name, fine, unseen
    )


def _told(
    case: Case, hop_results: Sequence[HopResult], way: Variant
) -> list[tuple[HopResult, ProbeResult, bool]]:
    """The places that say something of this way to ask, with what, and whether all is well.

    What fails otherwise than outside (a 404 where customers' stream is held: the wrong path) does
    not tell where their stream is lost.
    """
    seen = [
        (hop_result, result)
        for hop_result in hop_results
        if (result := hop_result.like(way)) is not None
    ]
    told = [
        (hop_result, result, _is_well(case, hop_result, result))
        for hop_result, result in seen
        if _tells(hop_result, result)
    ]
    symptom = _symptom(told[0][1]) if told else ""
    return [
        (hop_result, result, well)
        for hop_result, result, well in told
        if well or told[0][2] or _symptom(result) == symptom
    ]


def _symptom(result: ProbeResult) -> str:
    """What kind of failure it is; one proxy's 502 may be another's 504."""
    status = result.timeline.status or 0
    if result.outcome == "status":
        return "HTTP 5xx" if status >= 500 else f"HTTP {status}"
    return "held" if result.outcome in HELD_OUTCOMES else result.outcome


def _tells(hop_result: HopResult, result: ProbeResult) -> bool:
    """Whether this says anything of the stream; a place that cannot be reached from here says only
    that, unless it is the one that customers reach."""
    refused = result.outcome == "refused" and hop_result.kind != "outside"
    return not refused and result.outcome not in _TELLS_NOTHING


def _is_well(case: Case, hop_result: HopResult, result: ProbeResult) -> bool:
    return is_well(result, case.handshake("direct" if hop_result.kind == "direct" else "proxy"))


def misnamed(target: Target) -> str:
    """The hop that has the public URL's own address and is not named first; empty if none is."""
    public = urlsplit(target.url)[:2]
    first, *later = target.hops or (None,)
    if first is None or urlsplit(first.source.locator)[:2] == public:
        return ""  # Named twice, they are one place; that is seen in the table.
    here = [hop for hop in later if hop and hop.source.vantage == LOCAL]
    return next((hop.name for hop in here if urlsplit(hop.source.locator)[:2] == public), "")


def doubt(case: Case) -> str:
    """Why the places do not fit together, in one sentence; empty where they do."""
    if name := misnamed(case.target):
        return f"{name} has the public URL's own address: name the hops outermost first."
    hop_results = results_by_hop(case)
    found = (
        _doubted(case, hop_results, way)
        for way in VARIANTS
        if hop_results and hop_results[0].result(way)
    )
    return next((said for said in found if said), "")


def told_nothing(case: Case) -> tuple[str, ...]:
    """One sentence for each hop that says nothing of the stream, with what to try."""
    return tuple(
        said
        for hop_result in results_by_hop(case)
        if hop_result.kind == "hop"
        if (said := _mute(case, hop_result))
    )


def _mute(case: Case, hop_result: HopResult) -> str:
    results = [result for result in hop_result.results if result.outcome != "not-offered"]
    if results and all(result.outcome in ("refused", "not-asked") for result in results):
        again = f"--hop {hop_result.name}=VANTAGE=URL asks it from another place"
        return f"{hop_result.name} could not be asked ({results[0].why}): {again}."
    outside = {_symptom(result) for result in case.proxy}
    other = next((result for result in results if result.outcome in _OTHERWISE), None)
    if other is None or _symptom(other) in outside:
        return ""
    name, word = hop_result.name, other.outcome_label
    return f"{name} answers otherwise than the public URL ({word}): is its path right?"


_OTHERWISE = frozenset({"status", "redirect", "not-a-stream"})


def _doubted(case: Case, hop_results: Sequence[HopResult], way: Variant) -> str:
    told = _told(case, hop_results, way)
    for (outer, _, fine), (hop_result, result, well) in pairwise(told):
        if fine and not well and hop_result.kind == "hop":
            where = OUTSIDE if outer.kind == "outside" else f"at {outer.name}"
            order = " and are the hops named outermost first" if len(case.hops) > 1 else ""
            name = hop_result.name
            return f"live {where}, {result.outcome_label} at {name}: is {name} on the way{order}?"
    return ""


def culprit(case: Case, failing: FirstFailingHop) -> str:
    """What stands between the two places, in words."""
    if failing.unseen:
        hop = failing.kind == "hop"
        names = (failing.name, *failing.unseen) if hop else ("what is in front", *failing.unseen)
        return f"it is {' or '.join(names)} ({', '.join(failing.unseen)} could not tell)"
    if failing.kind == "hop":
        inmost = failing.inner_kind == "direct" and not _holds(case, failing)
        return f"it is {failing.name}{', or what stands behind it' if inmost else ''}"
    if failing.kind == "direct":
        return (
            f"it is what stands between {failing.name.removeprefix('direct from ')} and the backend"
        )
    if case.target.hops:
        return f"it is what stands in front of {failing.inner}"
    return "it is this Nginx" if _holds(case, failing) else "it is what stands between"


def _holds(case: Case, failing: FirstFailingHop) -> bool:
    """Whether the config that was read is of the proxy asked here, and says that it holds."""
    label = failing.result.timeline.probe.label
    listens = case.resolution is not None and case.resolution.listens
    held = (p.delivery.result != "live" for p in case.predictions if p.label == label)
    return listens and any(held)


def sentence(case: Case) -> str:
    """Where the stream dies, in one sentence; empty where nothing says so."""
    failing = first_failing_hop(case)
    if failing is None:
        return ""
    where = failing.name if failing.kind == "outside" else f"at {failing.name}"
    inner = failing.inner if failing.inner_kind == "direct" else f"at {failing.inner}"
    return f"live {inner}, {failing.result.outcome_label} {where}: {culprit(case, failing)}"


def narrow_to_hop(case: Case) -> Case:
    """The case of the one proxy at which the stream is lost: what is seen at it is `proxy`, what
    is seen right behind it is `direct`. The config stays only if it is that proxy's.

    Unchanged where there is but one proxy, or where the places do not say which it is.
    """
    failing = first_failing_hop(case)
    if failing is None or failing.unseen or not _several(case):
        return case
    places = {(hop_result.kind, hop_result.name): hop_result for hop_result in results_by_hop(case)}
    at, behind = places[failing.kind, failing.name], places[failing.inner_kind, failing.inner]
    case = replace(case, proxy=at.results, direct=behind.results, first_failing_hop=failing)
    return case if _is_described(case, at) else _without_config(case)


def _several(case: Case) -> bool:
    """Whether more than the usual two places were looked at."""
    return len(results_by_hop(case)) > 2


def _is_described(case: Case, at: HopResult) -> bool:
    """Whether the config that was read is that of the proxy at this place."""
    if at.kind == "direct":
        return False
    if case.resolution is not None and not case.resolution.listens and at.kind == "hop":
        return False  # Of a proxy further in that was not named, perhaps.
    return (at.name if at.kind == "hop" else "") == conf_hop(case.target)


def _without_config(case: Case) -> Case:
    """The config is of another proxy: it neither accuses nor acquits this one."""
    return replace(
        case, resolution=None, root_resolution=None, message_resolution=None, predictions=()
    )
