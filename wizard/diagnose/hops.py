"""Comparison of hops, from the public URL inwards to the backend: where does the stream stop?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urlsplit

from wizard.diagnose.outcome import is_well
from wizard.model.case import Case, FirstFailingHop, place_label
from wizard.model.probe import Encoding, Probe
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.model.target import LOCAL, Http, Target
from wizard.text.display import comma_list
from wizard.text.messages import tr

OUTSIDE = "outside"
"""The name of the outermost hop: the public URL."""
Variant = tuple[Http, Encoding]
VARIANTS: tuple[Variant, ...] = (
    ("1.1", "identity"),
    ("1.1", "gzip"),
    ("2", "identity"),
    ("2", "gzip"),
)
_UNINFORMATIVE = frozenset(
    {"running", "interrupted", "silent", "answered", "not-offered", "not-asked"}
)
"""Outcomes that do not show whether the stream passes."""
_NOT_REACHED = frozenset({"refused", "not-http", "not-sent"})
"""Outcomes of an address that may not be that of the hop."""
_OTHER_ANSWERS = frozenset({"status", "redirect", "not-a-stream"})
"""Outcomes that may come from a wrong path."""


@dataclass(frozen=True, slots=True)
class HopResult:
    """All probes of one hop.

    Attributes:
        kind: `outside` (the URL), `hop`, or `direct`.
        name: `outside`, the hop's name, `direct`, or `direct from VANTAGE`.
    """

    kind: str
    name: str
    url: str
    vantage: str
    results: tuple[ProbeResult, ...]

    @property
    def label(self) -> str:
        """The place in words."""
        return place_label(self.kind, self.name, self.vantage)

    def result(self, variant: Variant) -> ProbeResult | None:
        """The probe of this variant; None if it was not sent or the hop does not offer it."""
        for result in self.results:
            probe = result.timeline.probe
            if (probe.http, probe.encoding) == variant and result.outcome != "not-offered":
                return result
        return None

    def closest_result(self, variant: Variant) -> ProbeResult | None:
        """The probe of this variant, or of the closest one: a hop without TLS has no HTTP/2."""
        variants: tuple[Variant, ...] = (variant, ("1.1", variant[1]), ("1.1", "identity"))
        return next(filter(None, map(self.result, variants)), None)


@dataclass(frozen=True, slots=True)
class _Observation:
    """What one variant shows at one hop."""

    hop: HopResult
    result: ProbeResult
    well: bool


def results_by_hop(case: Case) -> tuple[HopResult, ...]:
    """All hops that were probed, outermost first.

    Of several direct URLs, those that are not live come first: they are taken to be further out.
    """
    outside = HopResult("outside", OUTSIDE, case.target.url, LOCAL, case.proxy)
    hops = _group_by_hop("hop", case.hops, lambda probe: probe.hop)
    direct = _group_by_hop("direct", case.direct, _direct_name)
    inwards = sorted(direct, key=lambda hop: any(_is_well(case, hop, each) for each in hop.results))
    return tuple(hop for hop in (outside, *hops, *inwards) if hop.results)


def has_several_proxies(hops: Sequence[HopResult]) -> bool:
    """True if another place than the public URL and one direct URL was probed."""
    return len(hops) > 2 or any(hop.kind == "hop" for hop in hops)


def _direct_name(probe: Probe) -> str:
    return "direct" if probe.vantage == LOCAL else f"direct from {probe.vantage}"


def _group_by_hop(
    kind: str, results: Iterable[ProbeResult], name: Callable[[Probe], str]
) -> list[HopResult]:
    groups: dict[tuple[str, str, str], list[ProbeResult]] = {}
    for result in results:
        probe = result.timeline.probe
        groups.setdefault((name(probe), probe.url, probe.vantage), []).append(result)
    return [HopResult(kind, *key, tuple(group)) for key, group in groups.items()]


def hop_of_config(target: Target) -> str:
    """The name of the hop whose Nginx the config belongs to; empty if there are no hops.

    That is the hop at whose vantage the config is read, or else the innermost one.
    """
    if not target.hops:
        return ""
    at = target.conf.vantage if target.conf else LOCAL
    named = [hop for hop in target.hops if at != LOCAL and at in (hop.name, hop.source.vantage)]
    return (named or list(target.hops))[-1].name


def first_failing_hop(case: Case) -> FirstFailingHop | None:
    """Find the hop at which the stream stops.

    It is the innermost hop that is not well, next to one that is, with none further out that is
    well again. None if the hops do not show one.
    """
    if _misplaced_hop(case.target):
        return None
    hops = results_by_hop(case)
    failing = (_failing_hop(case, hops, variant) for variant in _probed_variants(hops))
    # Variants that stop at different hops have different causes; the innermost comes first.
    innermost = max(filter(None, failing), key=lambda depth_and_hop: depth_and_hop[0], default=None)
    return innermost[1] if innermost else None


def _probed_variants(hops: Sequence[HopResult]) -> list[Variant]:
    return [variant for variant in VARIANTS if hops and hops[0].result(variant)]


def _failing_hop(
    case: Case, hops: Sequence[HopResult], variant: Variant
) -> tuple[int, FirstFailingHop] | None:
    """The hop at which one variant stops, and how far in it is."""
    observations = _observations(case, hops, variant)
    well = [observation.well for observation in observations]
    if len(well) < 2 or not well[-1] or all(well):
        return None
    depth = max(index for index, is_fine in enumerate(well) if not is_fine)
    if any(well[:depth]):
        return None  # live further out: see `describe_contradiction`
    failing, inner = observations[depth], observations[depth + 1]
    between = hops[hops.index(failing.hop) + 1 : hops.index(inner.hop)]
    return depth, FirstFailingHop(
        failing.hop.kind,
        failing.hop.name,
        failing.result,
        inner.hop.kind,
        inner.hop.name,
        inner.result,
        tuple(hop.name for hop in between if hop.kind == "hop"),
    )


def _observations(case: Case, hops: Sequence[HopResult], variant: Variant) -> list[_Observation]:
    """What a variant shows at each hop, outermost first, without hops that show nothing.

    A hop that fails in another way than the outermost one (a 404 where the public stream is held:
    a wrong path) does not show where the public stream stops.
    """
    informative = [
        _Observation(hop, result, _is_well(case, hop, result))
        for hop in hops
        if (result := hop.closest_result(variant)) and _is_informative(hop, result)
    ]
    if not informative or informative[0].well:
        return informative
    symptom = _symptom(informative[0].result)
    return [shown for shown in informative if shown.well or _symptom(shown.result) == symptom]


def _symptom(result: ProbeResult) -> str:
    """The kind of failure. All 5xx count as the same: one proxy's 502 may be another's 504."""
    status = result.timeline.status or 0
    if result.outcome == "status":
        return "HTTP 5xx" if status >= 500 else f"HTTP {status}"
    return "held" if result.outcome in HELD_OUTCOMES else result.outcome


def _is_informative(hop: HopResult, result: ProbeResult) -> bool:
    """True if a result shows whether the stream passes.

    A refused connection shows only that a hop cannot be reached from here, and another protocol
    that it is not at this port, unless it is the public URL.
    """
    refused = result.outcome in _NOT_REACHED and hop.kind != "outside"
    return not refused and result.outcome not in _UNINFORMATIVE


def _is_well(case: Case, hop: HopResult, result: ProbeResult) -> bool:
    return is_well(result, case.handshake("direct" if hop.kind == "direct" else "proxy"))


def _misplaced_hop(target: Target) -> str:
    """The hop that has the public URL's own address and is not named first; empty if none is."""
    public = urlsplit(target.url)[:2]
    first, *later = target.hops or (None,)
    if first is None or urlsplit(first.source.locator)[:2] == public:
        return ""  # the public URL named again: the table shows it
    local = [hop for hop in later if hop and hop.source.vantage == LOCAL]
    return next((hop.name for hop in local if urlsplit(hop.source.locator)[:2] == public), "")


def describe_contradiction(case: Case) -> str:
    """Say in one sentence why the hops do not fit together; empty if they do."""
    if name := _misplaced_hop(case.target):
        return tr(
            "{name} has the public URL's own address: name the hops outermost first.", name=name
        )
    hops = results_by_hop(case)
    texts = (_contradiction(case, hops, variant) for variant in _probed_variants(hops))
    return next((text for text in texts if text), "")


def _contradiction(case: Case, hops: Sequence[HopResult], variant: Variant) -> str:
    """The stream is live at a hop and not at the next one in."""
    for outer, inner in pairwise(_observations(case, hops, variant)):
        if outer.well and not inner.well and inner.hop.kind == "hop":
            is_outside, several = outer.hop.kind == "outside", len(case.hops) > 1
            return _QUESTIONS[is_outside, several].format(
                outer=outer.hop.name, name=inner.hop.name, outcome=inner.result.outcome_label
            )
    return ""


_QUESTIONS = {
    (True, False): tr("live outside, {outcome} at {name}: is {name} on the way?"),
    (True, True): tr(
        "live outside, {outcome} at {name}: is {name} on the way, and are the hops named outermost "
        "first?"
    ),
    (False, False): tr("live at {outer}, {outcome} at {name}: is {name} on the way?"),
    (False, True): tr(
        "live at {outer}, {outcome} at {name}: is {name} on the way, and are the hops named "
        "outermost first?"
    ),
}
"""What to ask where a hop is worse than the one in front of it; by whether that is the public URL,
and whether several hops are named."""


def describe_unclear_hops(case: Case) -> tuple[str, ...]:
    """One sentence for each hop that shows nothing of the stream, with what to try."""
    texts = (_unclear(case, hop) for hop in results_by_hop(case) if hop.kind == "hop")
    return tuple(text for text in texts if text)


def _unclear(case: Case, hop: HopResult) -> str:
    results = [result for result in hop.results if result.outcome != "not-offered"]
    if results and all(result.outcome in (*_NOT_REACHED, "not-asked") for result in results):
        advice = tr("--hop {name}=VANTAGE=URL asks it from another place", name=hop.name)
        return tr(
            "{name} could not be asked ({why}): {advice}.",
            name=hop.name,
            why=results[0].why,
            advice=advice,
        )
    outside = {_symptom(result) for result in case.proxy}
    other = next((result for result in results if result.outcome in _OTHER_ANSWERS), None)
    if other is None or _symptom(other) in outside:
        return ""
    label = other.outcome_label
    return tr(
        "{name} sends another answer than the public URL ({label}): is its path right?",
        name=hop.name,
        label=label,
    )


def describe_failing_hop(case: Case) -> str:
    """Say in one sentence where the stream stops; empty if the hops do not show it."""
    failing = first_failing_hop(case)
    if failing is None:
        return ""
    where = failing.label if failing.kind == "outside" else tr("at {hop}", hop=failing.label)
    inner = failing.inner_label
    inner = inner if failing.inner_kind == "direct" else tr("at {hop}", hop=inner)
    return tr(
        "live {inner}, {outcome_label} {where}: {culprit}",
        inner=inner,
        outcome_label=failing.result.outcome_label,
        where=where,
        culprit=_culprit(case, failing),
    )


def _culprit(case: Case, failing: FirstFailingHop) -> str:
    """Name what stands between the failing hop and the next one."""
    if failing.unseen:
        hop = failing.kind == "hop"
        names = (
            (failing.name, *failing.unseen) if hop else (tr("what is in front"), *failing.unseen)
        )
        return tr(
            "it is {names} ({unseen} could not tell)",
            names=tr(" or ").join(names),
            unseen=comma_list(failing.unseen),
        )
    if failing.kind == "hop":
        innermost = failing.inner_kind == "direct" and not _is_predicted(case, failing)
        if innermost:
            return tr("it is {name}, or what stands behind it", name=failing.name)
        return tr("it is {name}", name=failing.name)
    if failing.kind == "direct":
        vantage = failing.result.timeline.probe.vantage
        vantage = failing.label if vantage == LOCAL else vantage
        return tr("it is what stands between {vantage} and the backend", vantage=vantage)
    if case.target.hops:
        return tr("it is what stands in front of {inner}", inner=failing.inner_label)
    return (
        tr("it is this Nginx") if _is_predicted(case, failing) else tr("it is what stands between")
    )


def _is_predicted(case: Case, failing: FirstFailingHop) -> bool:
    """True if the config belongs to the probed proxy and predicts that the stream is held."""
    label = failing.result.timeline.probe.label
    listens = case.resolution is not None and case.resolution.listens
    results = {p.delivery.result for p in case.predictions if p.label == label}
    return listens and bool(results - {"live", "undecided"})


def narrow_to_hop(case: Case) -> Case:
    """Reduce a case to the one proxy at which the stream stops.

    The probes of that proxy become `proxy`, those of the next hop in become `direct`. The config
    stays only if it belongs to that proxy. Unchanged if there is only one proxy, or if the hops do
    not show which one it is.
    """
    failing = first_failing_hop(case)
    hops = results_by_hop(case)
    if failing is None or failing.unseen or not has_several_proxies(hops):
        return case
    by_name = {(hop.kind, hop.name): hop for hop in hops}
    at = by_name[failing.kind, failing.name]
    inner = by_name[failing.inner_kind, failing.inner]
    case = replace(case, proxy=at.results, direct=inner.results, first_failing_hop=failing)
    if _has_config(case, at):
        return case
    # The config belongs to another proxy and proves nothing here.
    return replace(
        case, resolution=None, root_resolution=None, message_resolution=None, predictions=()
    )


def _has_config(case: Case, hop: HopResult) -> bool:
    """True if the config that was read belongs to the proxy at this hop."""
    if hop.kind == "direct":
        return False
    if case.resolution is not None and not case.resolution.listens and hop.kind == "hop":
        return False  # perhaps of a proxy further in that was not named
    return (hop.name if hop.kind == "hop" else "") == hop_of_config(case.target)
