"""The hops in a report: a table with a row for each hop and a column for each probe variant."""

import shlex
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.hops import (
    VARIANTS,
    HopResult,
    Variant,
    describe_contradiction,
    describe_failing_hop,
    first_failing_hop,
    results_by_hop,
)
from wizard.model.case import Case
from wizard.model.probe_result import PARTLY_HELD_OUTCOMES, ProbeResult
from wizard.model.vantage import Capabilities
from wizard.report.labels import variant_name
from wizard.text.columns import pad
from wizard.text.display import capitalize, labelled, phrases, safe, seconds
from wizard.text.messages import tr

_JSON_ENCODINGS = {"identity": "plain", "gzip": "gzip"}


def has_hops_to_compare(case: Case) -> bool:
    """True if there is more to compare than the proxied URL and one direct URL."""
    return len(results_by_hop(case)) > 2 or bool(case.capabilities)


def probed_variants(hop_results: Sequence[HopResult]) -> tuple[Variant, ...]:
    """Return the variants that were probed at any hop, in the order of `VARIANTS`."""
    return tuple(item for item in VARIANTS if any(hop.result(item) for hop in hop_results))


def variant_heads(variants: Sequence[Variant]) -> list[tuple[str, str]]:
    """Return each column's heading in two lines, since four columns have little room."""
    names = (variant_name(*variant).partition(" ") for variant in variants)
    return [(name, encoding) for name, _, encoding in names]


def _json_name(variant: Variant) -> str:
    """Return the name of a way to ask in JSON: `h1 plain`."""
    return f"h{variant[0][0]} {_JSON_ENCODINGS[variant[1]]}"


def outcome_text(result: ProbeResult | None) -> str:
    """Return the outcome and, if there was data, when it first came: `live 12 ms`, `held`."""
    if result is None:
        return "–"
    at = f" {seconds(result.timeline.first_data_s)}" if result.outcome in _TIMED_OUTCOMES else ""
    return f"{result.outcome_label}{at}"


_TIMED_OUTCOMES = frozenset({"live", "ended"}) | PARTLY_HELD_OUTCOMES


def hops_summary(case: Case) -> str:
    """Return in a sentence where the stream stops or why the hops contradict each other, if so."""
    failing = describe_failing_hop(case)
    return capitalize(
        tr("{sentence}.", sentence=failing) if failing else describe_contradiction(case)
    )


def capabilities_text(capabilities: Capabilities) -> str:
    """Return what a vantage has: its tool, the round trip and the clock, or why it is unusable."""
    if capabilities.problem:
        return safe(capabilities.problem.removeprefix(capabilities.vantage).lstrip("：: "), 300)
    parts = [safe(capabilities.version or capabilities.tool, 60)]
    if capabilities.round_trip_s is not None:
        parts.append(
            tr("round trip {round_trip_s}", round_trip_s=seconds(capabilities.round_trip_s))
        )
    if capabilities.skew_s is not None:
        parts.append(tr("clock {skew_s:+.1f} s", skew_s=capabilities.skew_s))
    return phrases(parts)


def vantage_lines(case: Case) -> list[str]:
    """Return a line for each vantage: its name and `capabilities_text`."""
    return [labelled(item.vantage, capabilities_text(item)) for item in case.capabilities]


def hops_text(case: Case) -> str:
    """Return a table of at most 80 columns, the summary and the vantages; or an empty string."""
    if not has_hops_to_compare(case):
        return ""
    hop_results = results_by_hop(case)
    variants = probed_variants(hop_results)
    heads = zip(*variant_heads(variants), strict=True)
    titles = (tr("Side by side"), "")
    rows = [
        pad(title, 26) + "".join(pad(text, 13) for text in head)
        for title, head in zip(titles, heads, strict=False)
        if title or any(head)
    ]
    for hop in hop_results:
        outcomes = "".join(pad(outcome_text(hop.result(item)), 13) for item in variants)
        rows.append(f"  {pad(safe(hop.label)[:23], 24)}{outcomes}")
    rows += [f"  {line}" for line in (hops_summary(case), *vantage_lines(case)) if line]
    return "".join(f"{row.rstrip()}\n" for row in rows)


def hops_markdown(case: Case) -> str:
    """Return the same as `hops_text` as a Markdown section."""
    if not has_hops_to_compare(case):
        return ""
    hop_results = results_by_hop(case)
    variants = probed_variants(hop_results)
    head = [tr("place"), *(variant_name(*variant) for variant in variants)]
    rows = [
        [safe(item.label), *(outcome_text(item.result(variant)) for variant in variants)]
        for item in hop_results
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
    vantages = "\n".join(f"- {line}" for line in vantage_lines(case))
    parts = (tr("## Side by side"), table, hops_summary(case), vantages)
    return "\n\n".join(part for part in parts if part)


def hops_json(case: Case) -> list[dict[str, Any]]:
    """Return each hop, outermost first, with the outcome of each variant."""
    return [
        {
            "kind": hop_result.kind,
            "name": safe(hop_result.name),
            "url": safe(hop_result.url),
            "vantage": hop_result.vantage,
            "outcomes": {
                _json_name(variant): result.outcome
                for variant in VARIANTS
                if (result := hop_result.result(variant))
            },
        }
        for hop_result in results_by_hop(case)
    ]


def first_failing_hop_json(case: Case) -> dict[str, Any] | None:
    """Return the two hops between which the stream stops; None if that is not known."""
    failing = first_failing_hop(case)
    if failing is None:
        return None
    text = safe(describe_failing_hop(case))
    return {"at": safe(failing.name), "inner": safe(failing.inner), "text": text}


def vantages_json(case: Case) -> list[dict[str, Any]]:
    """Return the given vantages with what was discovered there; null if nothing was tried."""
    by_name = {item.vantage: item for item in case.capabilities}
    return [
        {
            "name": vantage.name,
            "command": safe(shlex.join(vantage.prefix)),
            **_capabilities_json(by_name.get(vantage.name, Capabilities(""))),
        }
        for vantage in case.target.vantages
    ]


def _capabilities_json(capabilities: Capabilities) -> dict[str, Any]:
    return {
        "tool": safe(capabilities.tool),
        "version": safe(capabilities.version),
        "round_trip_s": capabilities.round_trip_s,
        "skew_s": capabilities.skew_s,
        "skew_within_s": capabilities.skew_within_s,
        "zone": safe(capabilities.zone),
        "problem": safe(capabilities.problem),
    }
