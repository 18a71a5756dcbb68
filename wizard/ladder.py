"""The places where the stream was entered, from outside to the backend."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wizard.judge import is_well
from wizard.model import Case, Cell
from wizard.target import LOCAL, Target
from wizard.timeline import Encoding, Http, Leg

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
