"""The places where the stream was entered, from outside to the backend."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urlsplit

from wizard.diagnose.outcome import is_well
from wizard.model.case import HELD, Case, Cell, Loss
from wizard.model.target import LOCAL, Target
from wizard.model.timeline import Encoding, Http, Leg

OUTSIDE = "outside"
"""What the place is called where customers enter: the URL itself."""
Way = tuple[Http, Encoding]
WAYS: tuple[Way, ...] = (("1.1", "identity"), ("1.1", "gzip"), ("2", "identity"), ("2", "gzip"))


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


_TELLS_NOTHING = frozenset(
    {"running", "interrupted", "silent", "answered", "not-offered", "not-asked"}
)


def loss(case: Case) -> Loss | None:
    """Where the stream is lost: the innermost place where it is not well, next to one where it
    is, and nowhere further out is it well again. None where the places do not say so."""
    rungs = ladder(case)
    if misnamed(case.target):
        return None
    found = [_lost(case, rungs, way) for way in WAYS if rungs and rungs[0].cell(way)]
    places = [one for one in found if one is not None]
    # Ways that are lost at different places have different causes; the innermost comes first.
    return max(places, key=lambda one: one[0], default=(0, None))[1]


def _lost(case: Case, rungs: Sequence[Rung], way: Way) -> tuple[int, Loss] | None:
    """For one way to ask: how far in, and between which two."""
    told = _told(case, rungs, way)
    well = [fine for _, _, fine in told]
    if len(told) < 2 or not well[-1] or all(well):
        return None
    at = max(place for place, fine in enumerate(well) if not fine)
    if any(well[:at]):
        return None  # Live further out: see `doubt`.
    (rung, cell, _), (inner, fine, _) = told[at], told[at + 1]
    between = rungs[rungs.index(rung) + 1 : rungs.index(inner)]
    unseen = tuple(one.name for one in between if one.kind == "hop")
    return at, Loss(rung.kind, rung.name, cell, inner.kind, inner.name, fine, unseen)


def _told(case: Case, rungs: Sequence[Rung], way: Way) -> list[tuple[Rung, Cell, bool]]:
    """The places that say something of this way to ask, with what, and whether all is well.

    What fails otherwise than outside (a 404 where customers' stream is held: the wrong path) does
    not tell where their stream is lost.
    """
    seen = [(rung, cell) for rung in rungs if (cell := rung.like(way)) is not None]
    told = [(rung, cell, _is_well(case, rung, cell)) for rung, cell in seen if _tells(rung, cell)]
    symptom = _symptom(told[0][1]) if told else ""
    return [
        (rung, cell, well)
        for rung, cell, well in told
        if well or told[0][2] or _symptom(cell) == symptom
    ]


def _symptom(cell: Cell) -> str:
    """What kind of failure it is; one proxy's 502 may be another's 504."""
    status = cell.timeline.status or 0
    if cell.outcome == "status":
        return "HTTP 5xx" if status >= 500 else f"HTTP {status}"
    return "held" if cell.outcome in HELD else cell.outcome


def _tells(rung: Rung, cell: Cell) -> bool:
    """Whether this says anything of the stream; a place that cannot be reached from here says only
    that, unless it is the one that customers reach."""
    refused = cell.outcome == "refused" and rung.kind != "outside"
    return not refused and cell.outcome not in _TELLS_NOTHING


def _is_well(case: Case, rung: Rung, cell: Cell) -> bool:
    return is_well(cell, case.handshake("direct" if rung.kind == "direct" else "proxy"))


def misnamed(target: Target) -> str:
    """The hop that has the public URL's own address and is not named first; empty if none is."""
    public = urlsplit(target.url)[:2]
    first, *later = target.hops or (None,)
    if first is None or urlsplit(first.place.what)[:2] == public:
        return ""  # Named twice, they are one place; that is seen in the table.
    here = [hop for hop in later if hop and hop.place.vantage == LOCAL]
    return next((hop.name for hop in here if urlsplit(hop.place.what)[:2] == public), "")


def doubt(case: Case) -> str:
    """Why the places do not fit together, in one sentence; empty where they do."""
    if name := misnamed(case.target):
        return f"{name} has the public URL's own address: name the hops outermost first."
    rungs = ladder(case)
    found = (_doubted(case, rungs, way) for way in WAYS if rungs and rungs[0].cell(way))
    return next((said for said in found if said), "")


def told_nothing(case: Case) -> tuple[str, ...]:
    """One sentence for each hop that says nothing of the stream, with what to try."""
    return tuple(said for rung in ladder(case) if rung.kind == "hop" if (said := _mute(case, rung)))


def _mute(case: Case, rung: Rung) -> str:
    cells = [cell for cell in rung.cells if cell.outcome != "not-offered"]
    if cells and all(cell.outcome in ("refused", "not-asked") for cell in cells):
        again = f"--hop {rung.name}=VANTAGE=URL asks it from another place"
        return f"{rung.name} could not be asked ({cells[0].why}): {again}."
    outside = {_symptom(cell) for cell in case.proxy}
    other = next((cell for cell in cells if cell.outcome in _OTHERWISE), None)
    if other is None or _symptom(other) in outside:
        return ""
    return f"{rung.name} answers otherwise than the public URL ({other.word}): is its path right?"


_OTHERWISE = frozenset({"status", "redirect", "not-a-stream"})


def _doubted(case: Case, rungs: Sequence[Rung], way: Way) -> str:
    told = _told(case, rungs, way)
    for (outer, _, fine), (rung, cell, well) in pairwise(told):
        if fine and not well and rung.kind == "hop":
            where = OUTSIDE if outer.kind == "outside" else f"at {outer.name}"
            order = " and are the hops named outermost first" if len(case.hops) > 1 else ""
            return f"live {where}, {cell.word} at {rung.name}: is {rung.name} on the way{order}?"
    return ""


def culprit(case: Case, lost: Loss) -> str:
    """What stands between the two places, in words."""
    if lost.unseen:
        hop = lost.kind == "hop"
        names = (lost.name, *lost.unseen) if hop else ("what is in front", *lost.unseen)
        return f"it is {' or '.join(names)} ({', '.join(lost.unseen)} could not tell)"
    if lost.kind == "hop":
        inmost = lost.inner_kind == "direct" and not _holds(case, lost)
        return f"it is {lost.name}{', or what stands behind it' if inmost else ''}"
    if lost.kind == "direct":
        return f"it is what stands between {lost.name.removeprefix('direct from ')} and the backend"
    if case.target.hops:
        return f"it is what stands in front of {lost.inner}"
    return "it is this Nginx" if _holds(case, lost) else "it is what stands between"


def _holds(case: Case, lost: Loss) -> bool:
    """Whether the config that was read is of the proxy asked here, and says that it holds."""
    label = lost.cell.timeline.leg.label
    listens = case.site is not None and case.site.listens
    held = (p.delivery.result != "live" for p in case.predictions if p.label == label)
    return listens and any(held)


def sentence(case: Case) -> str:
    """Where the stream dies, in one sentence; empty where nothing says so."""
    lost = loss(case)
    if lost is None:
        return ""
    where = lost.name if lost.kind == "outside" else f"at {lost.name}"
    inner = lost.inner if lost.inner_kind == "direct" else f"at {lost.inner}"
    return f"live {inner}, {lost.cell.word} {where}: {culprit(case, lost)}"


def focused(case: Case) -> Case:
    """The case of the one proxy at which the stream is lost: what is seen at it is `proxy`, what
    is seen right behind it is `direct`. The config stays only if it is that proxy's.

    Unchanged where there is but one proxy, or where the places do not say which it is.
    """
    lost = loss(case)
    if lost is None or lost.unseen or not _several(case):
        return case
    places = {(rung.kind, rung.name): rung for rung in ladder(case)}
    at, behind = places[lost.kind, lost.name], places[lost.inner_kind, lost.inner]
    case = replace(case, proxy=at.cells, direct=behind.cells, loss=lost)
    return case if _is_described(case, at) else _without_config(case)


def _several(case: Case) -> bool:
    """Whether more than the usual two places were looked at."""
    return len(ladder(case)) > 2


def _is_described(case: Case, at: Rung) -> bool:
    """Whether the config that was read is that of the proxy at this place."""
    if at.kind == "direct":
        return False
    if case.site is not None and not case.site.listens and at.kind == "hop":
        return False  # Of a proxy further in that was not named, perhaps.
    return (at.name if at.kind == "hop" else "") == conf_hop(case.target)


def _without_config(case: Case) -> Case:
    """The config is of another proxy: it neither accuses nor acquits this one."""
    return replace(case, site=None, root_site=None, message_site=None, predictions=())
