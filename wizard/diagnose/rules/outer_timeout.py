"""Another layer than this Nginx ends the stream, after a timeout known of such layers."""

from wizard.diagnose.facts import directives, disconnects, streams
from wizard.diagnose.facts.evidence import direct_evidence, log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, FirstFailingHop, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine

_CUT_TAGS = ("read-timeout", "premature-close", "header-timeout", "connect-failed")
_DISTINGUISHES = (
    "No known timeout of this Nginx is that long, so another layer ended the stream; the number "
    "only suggests which one."
)
_UNSURE = (
    "A direct stream that continues, and Nginx's logs with a 200 and no complaint, would make it "
    "likely."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut after a known timeout, which no timeout of this Nginx explains.

    If hops were probed: a cut at one, and the next one in keeps the stream longer.
    """
    if case.first_failing_hop is not None:
        return _between_hops(rule, case, case.first_failing_hop)
    for result in disconnects.cut_probes(case):
        known = disconnects.known_timeout(result)
        if known is not None and not _is_cut_here(case, result):
            return _finding(rule, case, result, *known)
    return None


def _between_hops(rule: Rule, case: Case, failing: FirstFailingHop) -> Finding | None:
    """The hops were probed, so the one that cuts the stream is measured."""
    innermost = failing.kind == "hop" and failing.inner_kind == "direct"
    cut = failing.result.outcome == "cut" and disconnects.outlives(
        failing.inner_result, failing.result
    )
    if not cut or innermost or case.resolution is not None:
        return None
    evidence = [
        result_evidence(failing.result),
        direct_evidence(failing.inner_result),
        disconnects.cut_evidence(case, failing.result),
    ]
    if known := disconnects.known_timeout(failing.result):
        evidence.append(Evidence("probe", failing.result.timeline.probe.label, " is ".join(known)))
    # If that layer is another Nginx, idle-read-timeout is what happened there.
    return rule.finding(
        streams.hop_confidence(failing),
        tuple(evidence),
        streams.hop_difference(failing),
        explains=frozenset({"idle-read-timeout"}),
    )


def _is_cut_here(case: Case, result: ProbeResult) -> bool:
    """True if the config or the error log shows that this Nginx cut the stream."""
    limit = directives.read_timeout_s(case.resolution)
    matches = limit is not None and disconnects.is_near(disconnects.silence_s(result), limit)
    return (
        matches
        or bool(disconnects.reload_lines(case))
        or bool(streams.own_log_lines(case, *_CUT_TAGS))
    )


def _finding(rule: Rule, case: Case, result: ProbeResult, measured: str, owner: str) -> Finding:
    passed = _passed_lines(case, result)
    evidence = [result_evidence(result), disconnects.cut_evidence(case, result)]
    evidence.append(Evidence("probe", result.timeline.probe.label, f"{measured} is {owner}"))
    evidence += [log_evidence(line) for line in passed[:1]]
    confidence: Confidence = (
        "likely" if passed and disconnects.is_outlived(case, result) else "possible"
    )
    distinguishes = _DISTINGUISHES if confidence == "likely" else f"{_DISTINGUISHES} {_UNSURE}"
    return rule.finding(confidence, tuple(evidence), distinguishes)


def _passed_lines(case: Case, result: ProbeResult) -> tuple[LogLine, ...]:
    lines = streams.own_log_lines(case, "live-200")
    return tuple(line for line in lines if line.client == result.timeline.probe.label)


RULE = Rule(
    id="outer-timeout",
    stage=Stage.CUT,
    fix=Fix(
        "pings every 10 s, and a longer timeout (or none) in the layer in front of Nginx",
        "outer-proxy",
    ),
    check=check,
)
