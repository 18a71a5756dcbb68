"""All places side by side: a row for each place, a column for each way to ask."""

import shlex
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.hops import WAYS, Rung, Way, doubt, ladder, loss, sentence
from wizard.model.case import Case, Cell
from wizard.model.equipment import Equipment
from wizard.text.text import capital, safe, seconds

_NAMES = {"identity": "plain", "gzip": "gzip"}


def is_worth_it(case: Case) -> bool:
    """Whether there is more to compare than the proxy and one direct URL."""
    return len(ladder(case)) > 2 or bool(case.equipment)


def ways(rungs: Sequence[Rung]) -> tuple[Way, ...]:
    """The ways that were asked anywhere, in the usual order."""
    return tuple(way for way in WAYS if any(rung.cell(way) for rung in rungs))


def way_name(way: Way) -> str:
    """The head of a column: `h1 plain`."""
    return f"h{way[0][0]} {_NAMES[way[1]]}"


def outcome(cell: Cell | None) -> str:
    """What came of it in a word, and when the first data came: `live 12 ms`, `held`."""
    if cell is None:
        return "–"
    at = cell.timeline.first_data_s
    return f"{cell.word} {seconds(at)}" if cell.outcome in _TIMED else cell.word


_TIMED = frozenset({"live", "late", "ended"})


def verdict(case: Case) -> str:
    """Where the stream dies, else why the places do not fit together, as a sentence; may be
    empty."""
    said = sentence(case)
    return capital(f"{said}." if said else doubt(case))


def equipment_words(one: Equipment) -> str:
    """What a vantage has, in a few words: the tool, the round trip, the clock."""
    if one.problem:
        return safe(one.problem.removeprefix(f"{one.vantage}: "), 300)
    words = [safe(one.version or one.tool, 60)]
    if one.round_trip_s is not None:
        words.append(f"round trip {seconds(one.round_trip_s)}")
    if one.skew_s is not None:
        words.append(f"clock {one.skew_s:+.1f} s")
    return ", ".join(words)


def equipment_lines(case: Case) -> list[str]:
    """What each vantage has, a line for each."""
    return [f"{one.vantage}: {equipment_words(one)}" for one in case.equipment]


def ladder_text(case: Case) -> str:
    """The table at most 80 columns wide, the sentence, and what each vantage has."""
    if not is_worth_it(case):
        return ""
    rungs = ladder(case)
    columns = ways(rungs)
    head = f"{'Side by side':<26}" + "".join(f"{way_name(way):<13}" for way in columns)
    rows = [f"  {safe(rung.name)[:23]:<24}{_cells(rung, columns)}" for rung in rungs]
    have = [f"  {line}" for line in equipment_lines(case)]
    said = [f"  {line}" for line in (verdict(case),) if line]
    return "".join(f"{row.rstrip()}\n" for row in (head, *rows, *said, *have))


def _cells(rung: Rung, columns: Sequence[Way]) -> str:
    return "".join(f"{outcome(rung.cell(way)):<13}" for way in columns)


def ladder_markdown(case: Case) -> str:
    """The same as a table of Markdown."""
    if not is_worth_it(case):
        return ""
    rungs = ladder(case)
    columns = ways(rungs)
    head = ["place", *map(way_name, columns)]
    rows = [[safe(rung.name), *(outcome(rung.cell(way)) for way in columns)] for rung in rungs]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
    have = "\n".join(f"- {line}" for line in equipment_lines(case))
    parts = ("## Side by side", table, verdict(case), have)
    return "\n\n".join(part for part in parts if part)


def ladder_json(case: Case) -> list[dict[str, Any]]:
    """Each place, outermost first, with what each way to ask came to."""
    return [
        {
            "kind": rung.kind,
            "name": safe(rung.name),
            "url": safe(rung.url),
            "vantage": rung.vantage,
            "outcomes": {way_name(way): cell.outcome for way in WAYS if (cell := rung.cell(way))},
        }
        for rung in ladder(case)
    ]


def loss_json(case: Case) -> dict[str, Any] | None:
    """Between which two places the stream is lost; None where they do not say."""
    lost = loss(case)
    if lost is None:
        return None
    return {"at": safe(lost.name), "inner": safe(lost.inner), "text": safe(sentence(case))}


def vantages_json(case: Case) -> list[dict[str, Any]]:
    """The vantages that were given, with what was found out there; null where none looked."""
    known = {one.vantage: one for one in case.equipment}
    return [
        {"name": one.name, "command": safe(shlex.join(one.prefix)), **_found(known.get(one.name))}
        for one in case.target.vantages
    ]


def _found(one: Equipment | None) -> dict[str, Any]:
    one = one or Equipment("")
    return {
        "tool": safe(one.tool),
        "version": safe(one.version),
        "round_trip_s": one.round_trip_s,
        "skew_s": one.skew_s,
        "skew_within_s": one.skew_within_s,
        "zone": safe(one.zone),
        "problem": safe(one.problem),
    }
