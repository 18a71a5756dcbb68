"""All places side by side: a row for each place, a column for each way to ask."""

import shlex
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.hops import (
    VARIANTS,
    HopResult,
    Variant,
    doubt,
    first_failing_hop,
    results_by_hop,
    sentence,
)
from wizard.model.case import Case, ProbeResult
from wizard.model.vantage import Capabilities
from wizard.text.display import capitalize, safe, seconds

_NAMES = {"identity": "plain", "gzip": "gzip"}


def is_worth_it(case: Case) -> bool:
    """Whether there is more to compare than the proxy and one direct URL."""
    return len(results_by_hop(case)) > 2 or bool(case.capabilities)


def ways(hop_results: Sequence[HopResult]) -> tuple[Variant, ...]:
    """The ways that were asked anywhere, in the usual order."""
    return tuple(
        way for way in VARIANTS if any(hop_result.result(way) for hop_result in hop_results)
    )


def way_name(way: Variant) -> str:
    """The head of a column: `h1 plain`."""
    return f"h{way[0][0]} {_NAMES[way[1]]}"


def outcome(result: ProbeResult | None) -> str:
    """What came of it in a word, and when the first data came: `live 12 ms`, `held`."""
    if result is None:
        return "–"
    at = result.timeline.first_data_s
    return (
        f"{result.outcome_label} {seconds(at)}"
        if result.outcome in _TIMED
        else result.outcome_label
    )


_TIMED = frozenset({"live", "late", "ended"})


def verdict(case: Case) -> str:
    """Where the stream dies, else why the places do not fit together, as a sentence; may be
    empty."""
    said = sentence(case)
    return capitalize(f"{said}." if said else doubt(case))


def equipment_words(one: Capabilities) -> str:
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
    return [f"{one.vantage}: {equipment_words(one)}" for one in case.capabilities]


def hops_text(case: Case) -> str:
    """The table at most 80 columns wide, the sentence, and what each vantage has."""
    if not is_worth_it(case):
        return ""
    hop_results = results_by_hop(case)
    columns = ways(hop_results)
    head = f"{'Side by side':<26}" + "".join(f"{way_name(way):<13}" for way in columns)
    rows = [
        f"  {safe(hop_result.name)[:23]:<24}{_results(hop_result, columns)}"
        for hop_result in hop_results
    ]
    have = [f"  {line}" for line in equipment_lines(case)]
    said = [f"  {line}" for line in (verdict(case),) if line]
    return "".join(f"{row.rstrip()}\n" for row in (head, *rows, *said, *have))


def _results(hop_result: HopResult, columns: Sequence[Variant]) -> str:
    return "".join(f"{outcome(hop_result.result(way)):<13}" for way in columns)


def hops_markdown(case: Case) -> str:
    """The same as a table of Markdown."""
    if not is_worth_it(case):
        return ""
    hop_results = results_by_hop(case)
    columns = ways(hop_results)
    head = ["place", *map(way_name, columns)]
    rows = [
        [safe(hop_result.name), *(outcome(hop_result.result(way)) for way in columns)]
        for hop_result in hop_results
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
    have = "\n".join(f"- {line}" for line in equipment_lines(case))
    parts = ("## Side by side", table, verdict(case), have)
    return "\n\n".join(part for part in parts if part)


def hops_json(case: Case) -> list[dict[str, Any]]:
    """Each place, outermost first, with what each way to ask came to."""
    return [
        {
            "kind": hop_result.kind,
            "name": safe(hop_result.name),
            "url": safe(hop_result.url),
            "vantage": hop_result.vantage,
            "outcomes": {
                way_name(way): result.outcome
                for way in VARIANTS
                if (result := hop_result.result(way))
            },
        }
        for hop_result in results_by_hop(case)
    ]


def first_failing_hop_json(case: Case) -> dict[str, Any] | None:
    """Between which two places the stream is lost; None where they do not say."""
    failing = first_failing_hop(case)
    if failing is None:
        return None
    return {"at": safe(failing.name), "inner": safe(failing.inner), "text": safe(sentence(case))}


def vantages_json(case: Case) -> list[dict[str, Any]]:
    """The vantages that were given, with what was found out there; null where none looked."""
    known = {one.vantage: one for one in case.capabilities}
    return [
        {"name": one.name, "command": safe(shlex.join(one.prefix)), **_found(known.get(one.name))}
        for one in case.target.vantages
    ]


def _found(one: Capabilities | None) -> dict[str, Any]:
    one = one or Capabilities("")
    return {
        "tool": safe(one.tool),
        "version": safe(one.version),
        "round_trip_s": one.round_trip_s,
        "skew_s": one.skew_s,
        "skew_within_s": one.skew_within_s,
        "zone": safe(one.zone),
        "problem": safe(one.problem),
    }
