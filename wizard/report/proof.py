"""The proof of a fix in reports: what was broken, what was changed, before and now."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from wizard.diagnose.outcome import NO_GET_STREAM, has_usual_status, is_well
from wizard.model.arrivals import SAME_MOMENT_S
from wizard.model.attempt import Attempt, ConfigChange, CutOffCount, ProofOutcome
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Finding
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.report.labels import probe_name
from wizard.report.logs import duration
from wizard.text.display import capitalize, labelled, safe, seconds, sentences
from wizard.text.messages import plural, tr

PROOF_WORDS: dict[ProofOutcome, str] = {
    "fixed": "FIXED", "live": "LIVE", "not-proven": tr("NOT PROVEN"), "not-fixed": tr("NOT FIXED"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BeforeNow:
    """One row of the comparison: the same request before the change and now.

    Attributes:
        was_well: Whether it worked before; None if that cannot be said of this row.
        is_well: Whether it works now; None likewise.
    """

    name: str
    before: str
    now: str
    was_well: bool | None = None
    is_well: bool | None = None


def current_diagnosis(case: Case, diagnosis: Diagnosis) -> Diagnosis:
    """The conclusion on what works now: after a proven fix it has no cause, and says what was one.

    `diagnosis` is what was concluded before the fix; without a proof it is returned.
    """
    proof = case.proof
    if proof is None or not case.is_fixed:
        return diagnosis
    summary = tr("fixed {sentence}", sentence=fixed_sentence(case, proof.at))
    return replace(diagnosis, verdict="healthy", summary=summary, causes=())


def fixed_sentence(case: Case, at: float) -> str:
    """When it was fixed, what was broken, and what was changed."""
    changes = describe_changes(case)
    fixed = tr(
        "{utc}. What was broken: {broken_title}.", utc=utc(at), broken_title=broken_title(case)
    )
    return sentences((fixed, tr("{sentence}.", sentence=capitalize(changes)) if changes else ""))


def causes_of(case: Case, diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """The causes that a report explains: after a proven fix, those of before."""
    before = case.baseline.diagnosis if case.baseline else None
    return before.causes if case.is_fixed and before else diagnosis.causes


def broken_title(case: Case) -> str:
    """What was broken before, in a few words."""
    before = case.baseline.diagnosis if case.baseline else None
    if before is None:
        return tr("the fault that was measured before")
    return safe(before.causes[0].title if before.causes else before.summary, 200)


def describe_changes(case: Case) -> str:
    """What was changed in the config, in a few words; empty if that is not known."""
    if case.config_changed is None:
        return ""
    if not case.config_changes:
        return (
            tr("the config that was read has changed")
            if case.config_changed
            else tr("the config that was read has not changed")
        )
    first = _telling_change(case)
    more = len(case.config_changes) - 1
    rest = tr(" and {count}", count=plural(more, "more line")) if more else ""
    return tr("changed: {change_text}{rest}", change_text=change_text(first), rest=rest)


def _telling_change(case: Case) -> ConfigChange:
    """The first added line that sets what the config is blamed for, else the first added line."""
    before = case.baseline.diagnosis if case.baseline else None
    evidence = (item for cause in (before.causes if before else ()) for item in cause.evidence)
    blamed = {item.setting for item in evidence if item.setting}
    added = [each for each in case.config_changes if each.sign == "+"] or case.config_changes[:1]
    return next((each for each in added if each.text.split(" ")[0] in blamed), added[0])


def change_text(change: ConfigChange) -> str:
    """A changed line of the config: `nginx.conf:20 + proxy_buffering off;`."""
    return f"{safe(change.where, 120)} {change.sign} {safe(change.text, 200)}"


def utc(at: float) -> str:
    """A time in seconds since the epoch: `2026-11-23 16:00:05 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def before_and_now(case: Case) -> list[BeforeNow]:
    """A row for each request that was made before and again, those that were broken first."""
    return sorted(_rows(case), key=lambda row: row.was_well is not False)


def _probe_rows(case: Case) -> Iterator[BeforeNow]:
    """Yield a row for each probe: its outcome and arrivals."""
    before, now = (
        {_key(each.timeline.probe): each for each in results if each.was_made}
        for results in (case.before, case.proxy)
    )
    for key in dict.fromkeys((*before, *now)):
        left, right = before.get(key), now.get(key)
        probe = (left or right).timeline.probe  # type: ignore[union-attr]
        with_gaps = any(each and gaps_at_once(each.timeline)[0] for each in (left, right))
        yield BeforeNow(
            probe_name(probe),
            _describe(left, with_gaps=with_gaps),
            _describe(right, with_gaps=with_gaps),
            _is_well(left, _handshake_before(case), case),
            _is_well(right, case.handshake("proxy"), case),
        )


def _rows(case: Case) -> Iterator[BeforeNow]:
    yield from _probe_rows(case)
    if row := _handshake_row(case):
        yield row
    yield from map(_cut_off_row, case.proof.cut_off if case.proof else ())


def _key(probe: Probe) -> tuple[str, ...]:
    return probe.http, probe.encoding, probe.vantage, probe.hop


def _describe(result: ProbeResult | None, *, with_gaps: bool) -> str:
    if result is None:
        return tr("not requested")
    came = delivery(result.timeline, with_gaps=with_gaps)
    return came if result.outcome in _PLAIN_OUTCOMES else labelled(result.outcome_label, came)


_PLAIN_OUTCOMES = frozenset({"live", "held", "headers-held", "events-held"})
"""Outcomes that say no more than what came."""


def delivery(timeline: Timeline, *, with_gaps: bool = True) -> str:
    """How the data came: `20 events: first after 2.03 s, 19 of 19 gaps under 5 ms`."""
    if timeline.first_data_s is None:
        return _without_data(timeline)
    count = (
        plural(timeline.events, "event")
        if timeline.events
        else tr("{bytes} bytes", bytes=timeline.bytes)
    )
    at_once, gaps = gaps_at_once(timeline)
    spread = (
        tr(", {at_once} of {gaps} gaps under 5 ms", at_once=at_once, gaps=gaps)
        if gaps and with_gaps
        else ""
    )
    return tr(
        "{count}: first after {first_data_s}{spread}",
        count=count,
        first_data_s=seconds(timeline.first_data_s),
        spread=spread,
    )


def _without_data(timeline: Timeline) -> str:
    waited = seconds(timeline.waited_s)
    if timeline.headers_s is None:
        is_left = timeline.waited_s is None
        return tr("nothing") if is_left else tr("nothing in {waited}", waited=waited)
    if timeline.waited_s is None:
        return tr("headers, no data")
    return tr("headers, no data in {waited}", waited=waited)


def gaps_at_once(timeline: Timeline) -> tuple[int, int]:
    """How many of the gaps between arrivals are so short that both came at once, and all gaps."""
    gaps = [later.at - earlier.at for earlier, later in pairwise(timeline.arrivals)]
    return sum(gap < SAME_MOMENT_S for gap in gaps), len(gaps)


def _is_well(result: ProbeResult | None, handshake: Handshake | None, case: Case) -> bool | None:
    """Whether the request worked; None if it was not made, or if the direct GET is refused alike,
    as by a server that answers by POST: then the messages tell."""
    if result is None:
        return None
    is_usual = result.timeline.status in NO_GET_STREAM and has_usual_status(result, case.direct)
    return None if is_usual else is_well(result, handshake)


def _handshake_before(case: Case) -> Handshake | None:
    return case.baseline.handshake("proxy") if case.baseline else None


def _handshake_row(case: Case) -> BeforeNow | None:
    before, now = _handshake_before(case), case.handshake("proxy")
    if before is None or now is None or before.transport == now.transport == "unknown":
        return None
    left, right = (
        tr("complete") if item.is_complete else safe(item.why or item.stage, 120)
        for item in (before, now)
    )
    return BeforeNow("MCP", left, right, before.is_complete, now.is_complete)


def watched_sentence(case: Case) -> str:
    """How long the streams were watched now, and how long the fault took to show; may be empty."""
    now = [each.timeline.waited_s for each in case.proxy if each.timeline.first_data_s is not None]
    handshake = _handshake_before(case)
    shown = [each.timeline.waited_s for each in case.before if not is_well(each, handshake)]
    watched = min((at for at in now if at is not None), default=None)
    took = max((at for at in shown if at is not None), default=None)
    if watched is None or took is None:
        return ""
    return tr(
        "Watched for {watched} now; the fault showed within {took} before.",
        watched=seconds(watched),
        took=seconds(took),
    )


def config_sentence(case: Case) -> str:
    """Whether the config differs from the one with which the fault was measured."""
    changes = capitalize(describe_changes(case))
    if changes.endswith(";"):
        return changes  # a line of the config, which a full stop would seem to belong to
    if changes:
        return tr("{sentence}.", sentence=changes)
    return tr("The config was not read before and after.")


def _cut_off_row(count: CutOffCount) -> BeforeNow:
    """Customers' requests that were cut off, in one log."""
    name = tr(
        "{kind} lines, {file}",
        kind=count.kind,
        file=safe(count.file, 120).rpartition("/")[2],
    )
    now = tr("{now} in {now_s}", now=count.now, now_s=seconds(count.now_s))
    if 0 < count.now <= count.own:
        now += tr(", no more than our own requests leave when we close them")
    return BeforeNow(name, _rate(count.before, count.before_s), now)


def _rate(count: int, period_s: float | None) -> str:
    """A number of lines by the minute, or where they are rare, with the whole time."""
    if period_s is None:
        return tr("{count} in the lines before", count=count)
    per_minute = 60 * count / max(period_s, 1.0)
    if count and per_minute >= _LEAST_RATE and period_s >= 60:
        return tr("{rate} a minute", rate=f"{per_minute:.1f}".removesuffix(".0"))
    return tr("{count} in {duration}", count=count, duration=duration(period_s))


_LEAST_RATE = 0.1
"""From how many lines a minute on their number is given by the minute."""


def remarks(case: Case) -> tuple[str, ...]:
    """What else there is to say about a verification, in whole sentences."""
    sentences = (reload_sentence(case), watched_sentence(case), old_workers_sentence(case))
    return tuple(filter(None, sentences))


def reload_sentence(case: Case) -> str:
    """When a new connection answered otherwise; empty if that was not seen."""
    proof = case.proof
    if proof is None or proof.reload_seen is None:
        return ""
    at = utc(proof.reload_seen)
    if proof.config_changed:
        return tr("Reloaded: from {at} on, new connections answer otherwise.", at=at)
    return tr("From {at} on, new connections answer otherwise.", at=at)


def old_workers_sentence(case: Case) -> str:
    """What keeps the config of before, if it could be seen; empty if nothing does."""
    proof = case.proof
    if proof is None or proof.old_workers == 0:
        return ""
    if (count := proof.old_workers) is None:
        return _unknown_workers(case)
    if proof.old_workers_at:
        return tr(
            "Worker processes of Nginx that are shutting down at {place}: {count}. Such a process "
            "keeps the connections from before a reload, with the old config, until they end.",
            place=safe(proof.old_workers_at, 60),
            count=count,
        )
    if count == 1:
        return tr(
            "One worker process of this Nginx is shutting down: it keeps the connections that "
            "were opened before the reload, with the old config, until they end."
        )
    return tr(
        "{count} worker processes of this Nginx are shutting down: they keep the connections "
        "that were opened before the reload, with the old config, until they end.",
        count=count,
    )


def _unknown_workers(case: Case) -> str:
    """That old workers could not be looked for; nothing where no Nginx of the user is known."""
    if case.resolution is None:
        return ""
    return tr(
        "Whether worker processes from before the reload still keep old connections is not known: "
        "they could not be seen."
    )


def proof_json(case: Case) -> dict[str, Any] | None:
    """The proof as JSON values; None if the fix was not verified."""
    proof, before = case.proof, case.baseline
    if proof is None:
        return None
    return {
        "outcome": proof.outcome,
        "why": safe(proof.why),
        "at": round(proof.at, 3),
        "config_changed": proof.config_changed,
        "changes": [
            {"sign": each.sign, "where": safe(each.where), "text": safe(each.text)}
            for each in proof.changes
        ],
        "before": None if before is None else _attempt_json(before),
        "cut_off": [_cut_off_json(count) for count in proof.cut_off],
        "old_workers": proof.old_workers,
        "old_workers_at": safe(proof.old_workers_at, 60),
        "reload_seen": None if proof.reload_seen is None else round(proof.reload_seen, 3),
        "rows": [
            {"request": row.name, "before": row.before, "now": row.now}
            for row in before_and_now(case)
        ],
    }


def _cut_off_json(count: CutOffCount) -> dict[str, Any]:
    return {
        "file": safe(count.file),
        "kind": count.kind,
        "before": count.before,
        "before_s": count.before_s,
        "now": count.now,
        "now_s": round(count.now_s, 3),
        "own": count.own,
    }


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    diagnosis = attempt.diagnosis
    causes = diagnosis.causes if diagnosis else ()
    return {
        "started": round(attempt.started, 3),
        "ended": round(attempt.ended, 3),
        "verdict": diagnosis.verdict if diagnosis else None,
        "summary": safe(diagnosis.summary) if diagnosis else "",
        "causes": [
            {"id": each.id, "confidence": each.confidence, "title": safe(each.title)}
            for each in causes
        ],
        "log_faults": attempt.log_faults,
    }
