"""Many targets as a table for a person: one line each, 80 columns, readable without colour."""

from collections import Counter
from collections.abc import Sequence

from wizard.report.entry import WORST, Entry, worst
from wizard.report.markdown import inert
from wizard.report.text import WIDTH, filled, painter, parted, section
from wizard.text import safe, seconds

_SHOWN = {
    "healthy": "healthy",
    "fault": "FAULT",
    "inconclusive": "inconclusive",
    None: "not asked",
}
_HEADS = ("target", "verdict", "cause", "event", "took")
_GAP = "  "
_CUT = ".."
_LEAST = 8
"""How many columns a name has at the least."""


def text_table(entries: Sequence[Entry], elapsed_s: float, *, color: bool = False) -> str:
    """The worst verdict and the counts, the table, and what was seen where it is not healthy."""
    paint = painter(color)
    verdict = worst(entries)
    head = f"{verdict.upper()}  {counted(entries)}, {elapsed_s:.1f} s"
    return parted(
        (
            filled(head, "", "  ").replace(verdict.upper(), paint(verdict.upper(), verdict), 1),
            _rows(entries),
            section("Not healthy", (_seen(one) for one in entries if one.verdict in WORST[1:])),
            section("Not read or not reached", (_unread(one) for one in entries if one.problems)),
        )
    )


def counted(entries: Sequence[Entry]) -> str:
    """How many there are of each verdict, the worst first, and how many were not asked."""
    counts, all = Counter(one.verdict for one in entries), len(entries)
    said = [f"{counts[verdict]} {verdict}" for verdict in reversed(WORST) if counts[verdict]]
    if not counts[None]:
        return f"{', '.join(said)} of {all}"
    parts = (", ".join(said), f"interrupted: {counts[None]} of {all} not asked")
    return "; ".join(part for part in parts if part)


def _rows(entries: Sequence[Entry]) -> str:
    """The columns are as wide as they must be; names have what is left."""
    rows = [_HEADS, *(_row(one) for one in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(1, len(_HEADS))]
    room = max(_LEAST, WIDTH - sum(widths) - len(_GAP) * len(widths))
    names = min(room, max(len(row[0]) for row in rows))
    return "".join(_line(row, names, widths) for row in rows)


def _row(one: Entry) -> tuple[str, ...]:
    # The scheme of a URL is the same everywhere, and its room is needed.
    name = one.name.removeprefix("https://").removeprefix("http://")
    event, took = seconds(one.first_event_s), f"{one.elapsed_s:.1f} s" if one.verdict else "–"
    return name, _SHOWN[one.verdict], one.cause or "–", event, took


def _line(row: Sequence[str], names: int, widths: Sequence[int]) -> str:
    name, verdict, cause, event, took = row
    cells = (f"{cut(name, names):<{names}}", f"{verdict:<{widths[0]}}", f"{cause:<{widths[1]}}",
             f"{event:>{widths[2]}}", f"{took:>{widths[3]}}")  # fmt: skip
    return _GAP.join(cells).rstrip() + "\n"


def cut(name: str, size: int) -> str:
    """The name in that many columns: of a long one its beginning and its end, which is where names
    and URLs differ. Between them no `…`: not every terminal has one that is as wide."""
    if len(name) <= size:
        return name
    tail = (size - len(_CUT)) // 2
    return f"{name[: size - len(_CUT) - tail]}{_CUT}{name[-tail:]}"


def _seen(one: Entry) -> str:
    return filled(f"{_called(one)}: {one.summary}", "  - ", "    ")


def _unread(one: Entry) -> str:
    said = "; ".join(safe(problem, 300) for problem in one.problems)
    return filled(f"{one.name}: {said}", "  - ", "    ")


def _called(one: Entry) -> str:
    """The whole name, and the URL where that is another."""
    return one.name if one.name == one.url else f"{one.name} ({one.url})"


def markdown_table(entries: Sequence[Entry], elapsed_s: float) -> str:
    """The same for a ticket."""
    rows = ["| target | verdict | cause | first event | took |", "|---|---|---|---|---|"]
    for one in entries:
        name, _, cause, event, took = _row(one)
        verdict = one.verdict or "not asked"
        rows.append(f"| {inert(name)} | {verdict} | {cause} | {event} | {took} |")
    title = f"# {worst(entries)}: {counted(entries)}"
    return f"{title}\n\n{elapsed_s:.1f} s\n\n" + "\n".join(rows)
