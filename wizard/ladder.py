"""The places where the stream was entered, from outside to the backend, and where it is lost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wizard.judge import is_well
from wizard.model import Case, Cell, Loss
from wizard.target import LOCAL, Target
from wizard.timeline import Encoding, Http, Leg

OUTSIDE = "outside"
"""What the place is called where customers enter: the URL itself."""
Way = tuple[Http, Encoding]
WAYS: tuple[Way, ...] = (("1.1", "identity"), ("1.1", "gzip"), ("2", "identity"), ("2", "gzip"))
_TELLS_NOTHING = frozenset({"running", "silent", "answered", "not-offered", "not-asked"})


@dataclass(frozen=True, slots=True)
class Rung:
    """One place where the stream was entered.

    Attributes:
        kind: `outside` (the URL), `hop`, or `direct`.
        name: `outside`, the hop's name, or for a direct URL the vantage and the address.
    """

    kind: str
    name: str
    url: str
    vantage: str
    cells: tuple[Cell, ...]

    def cell(self, way: Way) -> Cell | None:
        """What was seen for one way to ask; None if that was not asked or not offered here."""
        asked = (cell for cell in self.cells if way_of(cell) == way)
        return next((cell for cell in asked if cell.outcome != "not-offered"), None)

    def like(self, way: Way) -> Cell | None:
        """The same, else its likest: a hop without TLS knows no HTTP/2."""
        return self.cell(way) or self.cell(("1.1", way[1])) or self.cell(("1.1", "identity"))


def way_of(cell: Cell) -> Way:
    """How a cell was asked."""
    return cell.timeline.leg.http, cell.timeline.leg.encoding


def ladder(case: Case) -> tuple[Rung, ...]:
    """All places, outermost first; of several direct ones those that are not live come first:
    they are further out."""
    outside = Rung("outside", OUTSIDE, case.target.url, LOCAL, case.proxy)
    hops = _rungs("hop", case.hops, lambda leg: leg.hop)
    direct = _rungs("direct", case.direct, direct_name)
    inwards = sorted(direct, key=lambda rung: any(is_well(cell) for cell in rung.cells))
    return tuple(rung for rung in (outside, *hops, *inwards) if rung.cells)


def direct_name(leg: Leg) -> str:
    """`direct`, and the vantage if it is not this machine."""
    return "direct" if leg.vantage == LOCAL else f"direct from {leg.vantage}"


def _rungs(kind: str, cells: Iterable[Cell], name: Callable[[Leg], str]) -> list[Rung]:
    places: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        leg = cell.timeline.leg
        places.setdefault((name(leg), leg.url, leg.vantage), []).append(cell)
    return [Rung(kind, *place, tuple(found)) for place, found in places.items()]


def conf_hop(target: Target) -> str:
    """The hop whose Nginx the config describes: the one it is read at or named after, else the
    innermost; empty where there are no hops."""
    if not target.hops:
        return ""
    at = target.conf.vantage if target.conf else LOCAL
    theirs = [hop for hop in target.hops if at != LOCAL and at in (hop.name, hop.place.vantage)]
    return (theirs or list(target.hops))[-1].name


def loss(case: Case) -> Loss | None:
    """Where the stream is lost: the innermost place where it is not well, next to one where it
    is, and nowhere further out is it well again. None where the places do not say so."""
    rungs = ladder(case)
    found = [_lost(case, rungs, way) for way in WAYS if rungs and rungs[0].cell(way)]
    places = [one for one in found if one is not None]
    # Ways that are lost at different places have different causes; the innermost comes first.
    return max(places, key=lambda one: one[0], default=(0, None))[1]


def _lost(case: Case, rungs: Sequence[Rung], way: Way) -> tuple[int, Loss] | None:
    """For one way to ask: how far in, and between which two."""
    seen = [(rung, cell) for rung in rungs if (cell := rung.like(way)) is not None]
    told = [(rung, cell) for rung, cell in seen if _tells(rung, cell)]
    well = [_is_well(case, rung, cell) for rung, cell in told]
    if len(told) < 2 or not well[-1] or all(well):
        return None
    at = max(place for place, fine in enumerate(well) if not fine)
    if any(well[:at]):
        return None  # Live further out: that place is not on the way.
    (rung, cell), (inner, fine) = told[at], told[at + 1]
    return at, Loss(rung.kind, rung.name, cell, inner.kind, inner.name, fine)


def _tells(rung: Rung, cell: Cell) -> bool:
    """Whether this says anything of the stream; a place that cannot be reached from here says only
    that, unless it is the one that customers reach."""
    refused = cell.outcome == "refused" and rung.kind != "outside"
    return not refused and cell.outcome not in _TELLS_NOTHING


def _is_well(case: Case, rung: Rung, cell: Cell) -> bool:
    return is_well(cell, case.handshake("direct" if rung.kind == "direct" else "proxy"))


def culprit(lost: Loss, hops: int) -> str:
    """What stands between the two places, in words."""
    if lost.kind == "hop":
        return f"it is {lost.name}"
    if lost.kind == "direct":
        return f"it is what stands between {lost.name.removeprefix('direct from ')} and the backend"
    return f"it is what stands in front of {lost.inner}" if hops else "it is this Nginx"


def sentence(case: Case) -> str:
    """Where the stream dies, in one sentence; empty where nothing says so."""
    lost = loss(case)
    if lost is None:
        return ""
    where = lost.name if lost.kind == "outside" else f"at {lost.name}"
    inner = lost.inner if lost.inner_kind == "direct" else f"at {lost.inner}"
    who = culprit(lost, len(case.target.hops))
    return f"live {inner}, {lost.cell.outcome} {where}: {who}"
