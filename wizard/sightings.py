"""What the legs of one investigation have shown so far, and those under way."""

from collections.abc import Callable, Sequence

from wizard.ask import Manner
from wizard.judge import judge, left
from wizard.matrix import Matrix
from wizard.model import Case, Cell
from wizard.target import Target
from wizard.timeline import Leg, Timeline


class Sightings:
    """The legs' timelines, kept up to date while they run.

    Attributes:
        running: The matrices under way.
    """

    def __init__(self, clock: Callable[[], float], stored: Case) -> None:
        """With what a stored case has seen, if it has."""
        self.running: list[Matrix] = []
        self._clock = clock
        self._lines: dict[Leg, Timeline] = {line.leg: line for line in _seen_in(stored)}

    def named(self, name: str) -> list[Timeline]:
        """The timelines of the legs of that name."""
        return [line for leg, line in self._lines.items() if leg.name == name]

    def judged(self, name: str, direct: Sequence[Timeline] = ()) -> tuple[Cell, ...]:
        """The same as cells; what is undecided and not under way was interrupted."""
        cells = tuple(judge(line, direct) for line in self.named(name))
        return cells if self.running else tuple(map(left, cells))

    def forget(self, *names: str) -> None:
        """Drop the legs of these names; without any name, all of them."""
        kept = {leg: line for leg, line in self._lines.items() if names and leg.name not in names}
        self._lines = kept

    async def probe(
        self,
        target: Target,
        manner: Manner,
        proxied: Sequence[Leg],
        direct: Sequence[Leg],
        *,
        patience: float,
    ) -> None:
        """Run these legs side by side; their timelines grow here as events come."""
        matrix = Matrix(
            proxied,
            direct,
            self._lines,
            manner=manner,
            stall=target.stall,
            patience=patience,
            least=lambda: self._root_wait(target.stall),
            clock=self._clock,
        )
        self.running.append(matrix)
        try:
            await matrix.run()
        finally:
            self.running.remove(matrix)

    def _root_wait(self, stall: float) -> float:
        """A proxy that is slow for `/` is slow, and holds nothing: silence counts only after
        twice what that took, and not while that is still awaited; seconds."""
        root = next(iter(self.named("root-proxy")), None)
        if root is None or root.ended not in (None, "eof", "open"):
            return 0.0
        return stall if root.headers_s is None else 2 * root.headers_s


def _seen_in(case: Case) -> list[Timeline]:
    """The timelines of a case's own legs."""
    root = [case.root] if case.root else []
    return [*root, *(cell.timeline for cell in (*case.proxy, *case.direct, *case.hops))]
