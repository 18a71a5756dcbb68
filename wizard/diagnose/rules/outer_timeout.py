"""Another layer than this Nginx ends the stream, at a time that is known of it."""

from wizard.diagnose.facts import directives, disconnects, streams
from wizard.diagnose.facts.evidence import direct_evidence, log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, FirstFailingHop, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine

_COMPLAINTS = ("read-timeout", "premature-close", "header-timeout", "connect-failed")
_DISTINGUISHES = (
    "No timeout of this Nginx that is known is that long, so another layer ended it; which one, "
    "the number only suggests."
)
_LOGS = (
    "A direct stream that goes on, and Nginx's logs with a 200 and no complaint, would make it "
    "likely."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut at a telling time that no timeout of this Nginx explains; or, where hops were asked,
    a cut at one that the next one outlived."""
    if case.first_failing_hop is not None:
        return _between(rule, case, case.first_failing_hop)
    for result in disconnects.cut_probes(case):
        pointed = disconnects.known_timeout(result)
        if pointed is not None and not _is_nginx(case, result):
            return _found(rule, case, result, *pointed)
    return None


def _between(rule: Rule, case: Case, failing: FirstFailingHop) -> Finding | None:
    """The stream was followed from hop to hop: the one that cuts it is known by measurement."""
    inmost = failing.kind == "hop" and failing.inner_kind == "direct"
    cut = failing.result.outcome == "cut" and disconnects.outlives(
        failing.inner_result, failing.result
    )
    if not cut or inmost or case.resolution is not None:
        return None
    evidence = [
        result_evidence(failing.result),
        direct_evidence(failing.inner_result),
        disconnects.cut_evidence(case, failing.result),
    ]
    if pointed := disconnects.known_timeout(failing.result):
        evidence.append(
            Evidence("probe", failing.result.timeline.probe.label, " is ".join(pointed))
        )
    same = frozenset({"idle-read-timeout"})  # what that layer is, if it is another Nginx
    return rule.finding(
        streams.hop_confidence(failing),
        tuple(evidence),
        streams.hop_difference(failing),
        explains=same,
    )


def _is_nginx(case: Case, result: ProbeResult) -> bool:
    """Whether the config or the error log says that this Nginx did it."""
    limit = directives.read_timeout_s(case.resolution)
    own = limit is not None and disconnects.is_near(disconnects.silence_s(result), limit)
    return (
        own
        or bool(disconnects.reload_lines(case))
        or bool(streams.own_log_lines(case, *_COMPLAINTS))
    )


def _found(rule: Rule, case: Case, result: ProbeResult, measured: str, whose: str) -> Finding:
    passed = _passed_on(case, result)
    evidence = [result_evidence(result), disconnects.cut_evidence(case, result)]
    evidence.append(Evidence("probe", result.timeline.probe.label, f"{measured} is {whose}"))
    evidence += [log_evidence(line) for line in passed[:1]]
    sure: Confidence = "likely" if passed and disconnects.is_outlived(case, result) else "possible"
    return rule.finding(
        sure, tuple(evidence), _DISTINGUISHES if sure == "likely" else f"{_DISTINGUISHES} {_LOGS}"
    )


def _passed_on(case: Case, result: ProbeResult) -> tuple[LogLine, ...]:
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
