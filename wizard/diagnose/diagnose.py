"""From a case to its diagnosis. Pure, and independent of the order in which the rules run."""

from collections.abc import Iterator
from dataclasses import replace

from wizard.diagnose.contradictions import contradiction, name_front
from wizard.diagnose.facts.addresses import possible_peers
from wizard.diagnose.facts.directives import ignores_x_accel_buffering, is_proxied
from wizard.diagnose.facts.streams import DELIVERS, is_unexpected, predicted_results
from wizard.diagnose.false_direct import describe_false_direct, without_false_direct
from wizard.diagnose.health import describe_health, describe_unseen
from wizard.diagnose.hops import (
    describe_contradiction,
    describe_unclear_hops,
    narrow_to_hop,
)
from wizard.diagnose.missing_evidence import describe_missing_evidence
from wizard.diagnose.own_delay import describe_hidden_session, without_hidden_requests
from wizard.diagnose.placeholders import fill_places
from wizard.diagnose.rule import ConfigFinding, Stage
from wizard.diagnose.rule_settings import prefix_of
from wizard.diagnose.ruled_out import ruled_out
from wizard.diagnose.rules import Rule, all_rules, rule_named
from wizard.diagnose.shortcoming import describe_shortcoming
from wizard.diagnose.undecided_config import (
    describe_undecided_config,
    has_useless_config,
    without_undecided_config,
)
from wizard.diagnose.unreadable_notes import describe_unreadable
from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, Diagnosis, Finding, Verdict
from wizard.model.probe_result import (
    DELAYED_OUTCOMES,
    HELD_OUTCOMES,
    UNREADABLE_OUTCOMES,
    ProbeResult,
)
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import is_live
from wizard.text.bugs import confine, report_bug
from wizard.text.display import capitalize
from wizard.text.messages import tr

_CONFIDENCES = ("confirmed", "likely", "possible")
"""Surest first."""
_MAY_BE_LIVE = DELIVERS | {"undecided"}
"""Predictions that a live probe does not contradict: its events may have been small."""


def diagnose(case: Case) -> Diagnosis:
    """Apply all rules to a case, see `_diagnose`; inconclusive if a bug ends that."""
    return confine(
        tr("the diagnosis"),
        lambda: _diagnose(case),
        lambda why: Diagnosis("inconclusive", tr("{sentence}.", sentence=capitalize(why))),
    )


def _diagnose(case: Case) -> Diagnosis:
    """Apply all rules to a case: causes in order, risks, and notes on what is missing.

    If several hops were probed, the rules see the case of the one at which the stream stops.
    """
    given, false_direct = case, describe_false_direct(case)
    undecided_config = describe_undecided_config(case)
    hidden_session = describe_hidden_session(case)
    whole = without_hidden_requests(without_undecided_config(without_false_direct(case)))
    case = narrow_to_hop(whole)
    bugs = list[str]()
    ranked = sorted(_findings(case, bugs), key=_rank)
    refuted = {f.id: why for rule, f in ranked if (why := contradiction(case, rule, f))}
    is_useless = has_useless_config(given)
    filled = (fill_places(f, whole, has_useless_config=is_useless) for _, f in ranked)
    findings = [name_front(case, finding) for finding in filled if finding.id not in refuted]
    symptoms = frozenset[str]().union(*(f.explains for f in findings if not f.latent))
    causes = tuple(f for f in findings if not f.latent and f.id not in symptoms)
    risks = tuple(f for f in findings if f.latent)
    unclear_order, shortcoming = describe_contradiction(whole), describe_shortcoming(whole)
    shortcoming = shortcoming or hidden_session or next(iter(bugs), "")
    notes = (
        *bugs,
        *false_direct,
        *undecided_config,
        *(tr("{sentence}.", sentence=capitalize(why)) for why in dict.fromkeys(refuted.values())),
        *([capitalize(unclear_order)] if unclear_order else []),
        *describe_unclear_hops(whole),
        *(session.problem for session in whole.capabilities if session.problem),
        *_disagreements(case, causes),
        *_missing_input(whole, causes, shortcoming),
    )
    verdict = _verdict(causes, shortcoming)
    notes = tuple(dict.fromkeys(notes))
    summary = _summary(whole, verdict, causes, shortcoming)
    return Diagnosis(verdict, summary, causes, risks, notes)


def _findings(case: Case, bugs: list[str]) -> Iterator[tuple[Rule, Finding]]:
    """What each rule finds in the case; a sentence for each that cannot be applied is added to
    `bugs`."""
    for rule in all_rules():
        try:
            finding = rule.check(rule, case)
        except Exception as error:  # noqa: BLE001
            bugs.append(
                tr(
                    "{sentence}.",
                    sentence=capitalize(report_bug(tr("the rule {id}", id=rule.id), error)),
                )
            )
            continue
        if finding:
            finding = replace(finding, ruled_out=ruled_out(case, rule, finding))
            yield rule, _with_prefixes(finding, case)


def _rank(ranked: tuple[Rule, Finding]) -> tuple[int, int, str]:
    rule, finding = ranked
    return _CONFIDENCES.index(finding.confidence), rule.stage, rule.id


def _with_prefixes(finding: Finding, case: Case) -> Finding:
    """The finding, its fix naming the directives of the modules that serve the two paths."""
    stream, messages = case.resolution, case.message_resolution or case.resolution
    return replace(finding, fix=finding.fix.with_prefixes(prefix_of(stream), prefix_of(messages)))


def config_findings(resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The failure modes that the config alone leads to, in a fixed order.

    A path that is passed to no backend can only be routed wrongly.
    """
    proxied = is_proxied(resolution)
    rules = sorted(all_rules(), key=lambda rule: rule.config_order)
    return tuple(
        finding
        for rule in rules
        if rule.check_config and (proxied or rule.stage == Stage.ROUTE)
        for finding in rule.check_config(rule, resolution)
    )


def _verdict(causes: tuple[Finding, ...], shortcoming: str) -> Verdict:
    """A cause that is only `possible` is no fault yet: naming a wrong one costs more than none."""
    if any(cause.confidence != "possible" for cause in causes):
        return "fault"
    return "inconclusive" if causes or shortcoming else "healthy"


def _summary(case: Case, verdict: Verdict, causes: tuple[Finding, ...], shortcoming: str) -> str:
    """What was observed, in one sentence."""
    if verdict == "fault":
        confidence = CONFIDENCE_WORDS[causes[0].confidence]
        return tr("{cause} ({confidence}).", cause=causes[0].title, confidence=confidence)
    if verdict == "healthy":
        return describe_health(case)
    return shortcoming or tr(
        "{summary} Possible: {cause}.", summary=describe_health(case), cause=causes[0].title
    )


def _disagreements(case: Case, causes: tuple[Finding, ...]) -> tuple[str, ...]:
    sure = [rule_named(cause.id) for cause in causes if cause.confidence == "confirmed"]
    if any(rule is not None and rule.stage <= Stage.ADMIT for rule in sure):
        return ()  # the response was not there yet: nothing of its delivery was seen
    is_explained = bool(sure)
    # A stream that is explained and was late, or that the backend did not send, was not held: it
    # does not contradict the config.
    is_explained |= any(r.outcome in UNREADABLE_OUTCOMES for r in case.direct)
    results = [r for r in case.proxy if not (is_explained and _is_unheld(case, r))]
    return tuple(note for result in results if (note := _disagreement(case, result)))


def _is_unheld(case: Case, result: ProbeResult) -> bool:
    """True if the stream was late, or if the backend did not send it to such a request either."""
    encoding = result.timeline.probe.encoding
    alike = [each for each in case.direct if each.timeline.probe.encoding == encoding]
    direct = alike or case.direct
    is_unsent = bool(direct) and not any(is_live(each.timeline) for each in direct)
    return result.outcome in (DELAYED_OUTCOMES if is_unsent else {"late"})


def _disagreement(case: Case, result: ProbeResult) -> str:
    """How the outcome of a probe contradicts the config; empty if it does not."""
    expected = predicted_results(case, result)
    label = result.timeline.probe.label
    if result.outcome in HELD_OUTCOMES and is_unexpected(case, result):
        predicted = (
            tr("live") if expected == {"live"} else tr("that Nginx holds only the ends of events")
        )
        return tr(
            "{label}: the config predicts {predicted}, but it was {outcome}. Is this the config "
            "that runs (was Nginx reloaded), or does another proxy stand in front?",
            label=label,
            predicted=predicted,
            outcome=result.outcome_word,
        )
    # A stream that ended says nothing: Nginx passes everything on at the end.
    if result.outcome == "live" and expected and expected.isdisjoint(_MAY_BE_LIVE):
        return tr(
            "{label}: the config predicts {expected}, but it was live. Is this the config that "
            "runs, and does this URL reach this Nginx?{by_header}",
            label=label,
            expected=tr(" or ").join(sorted(expected)),
            by_header=_by_header(case),
        )
    return ""


def _by_header(case: Case) -> str:
    """The question whether the backend switches buffering off, where no direct probe shows it."""
    resolution = case.resolution
    if resolution is None or ignores_x_accel_buffering(resolution) or possible_peers(case):
        return ""
    return tr(
        " Or does the backend send X-Accel-Buffering: no? A request to that backend with "
        "--direct shows it."
    )


def _missing_input(case: Case, causes: tuple[Finding, ...], shortcoming: str) -> tuple[str, ...]:
    """What the user could give to make the diagnosis surer; nothing if it is sure."""
    if not shortcoming:
        return describe_unseen(case)
    if any(cause.confidence == "confirmed" for cause in causes):
        return ()
    # Nothing of buffering, configs or logs explains an answer that cannot be read.
    return describe_unreadable(case) or describe_missing_evidence(case)
