"""What a step's result comes to: pass, warn or fail, and why, in one sentence."""

from collections.abc import Sequence
from dataclasses import replace

from wizard.diagnose.outcome import handshake_fails, is_well
from wizard.model.case import HELD, Case, ProbeResult, State
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.handshake import Handshake
from wizard.model.log_report import LogReport
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.text.display import safe, seconds

StepResult = tuple[State, str]
FAULT_TAGS = frozenset(
    {"held-499", "read-timeout", "header-timeout", "connect-failed", "premature-close", "gateway"}
    | {"limited", "delayed", "auth-request", "tried-again", "worker-timeout"}
    | {"upstream-tls", "invalid-answer"}
)
"""Log lines that tell of a fault. A cancel is a consequence: our leaving leaves one too."""


def of_root(line: Timeline) -> StepResult:
    """The root path: any answer but a gateway error shows that the way there is open."""
    if line.headers_s is None:
        return "fail", line.detail or f"no answer within {seconds(line.waited_s)}"
    media = safe((line.header("content-type") or "no content type").split(";")[0], 60)
    answer = f"{line.status} {media} after {seconds(line.headers_s)}"
    if line.status in (502, 503, 504):
        return "fail", f"{answer}: the proxy is there, the backend behind it is not"
    return "pass", answer


def of_results(results: Sequence[ProbeResult], spoken: Handshake | None = None) -> StepResult:
    """A matrix: passes only where every probe that the server offers is live, or need not be."""
    offered = [result for result in results if result.counts]
    if not offered:
        return "skip", results[0].why if results else "nothing was probed"
    state, why = _of_offered(offered, spoken)
    unasked = next((result.why for result in results if result.outcome == "not-asked"), "")
    if unasked:
        return "fail" if state == "fail" else "warn", f"{why}; {unasked}"
    return state, why


def _of_offered(offered: Sequence[ProbeResult], spoken: Handshake | None) -> StepResult:
    bad = [result for result in offered if not is_well(result, spoken)]
    if not bad and all(result.outcome not in ("live", "ended") for result in offered):
        return "pass", f"no GET stream is needed: the server answers by POST; {offered[0].why}"
    if not bad:
        return "pass", f"live: {_first(offered)}"
    if all(result.outcome == "silent" for result in offered):
        return "warn", f"open and silent: {offered[0].why}"
    counts = {outcome: sum(c.outcome == outcome for c in bad) for outcome in _kinds(bad)}
    said = [f"{_NAMES.get(word, word)} in {n} of {len(offered)}" for word, n in counts.items()]
    return "fail", f"{', '.join(said)}: {bad[0].why}"


_NAMES = {"status": "an error", "not-a-stream": "no stream", "refused": "no answer"}


def _kinds(results: Sequence[ProbeResult]) -> list[str]:
    return list(dict.fromkeys(result.outcome for result in results))


def _first(results: Sequence[ProbeResult]) -> str:
    times = [c.timeline.first_data_s for c in results if c.timeline.first_data_s is not None]
    return f"first data after {seconds(min(times))}" if times else "no data"


def of_direct(case: Case) -> StepResult:
    """The matrix against the backend itself."""
    return of_results(case.direct, case.handshake("direct"))


def of_logs(reports: Sequence[LogReport]) -> StepResult:
    """The logs: a tagged line of ours is a trace of a fault."""
    problems = [report.problem for report in reports if report.problem]
    ours = [line for report in reports for line in report.lines if line.ours]
    telling = [line for line in ours if line.tag in FAULT_TAGS]
    if telling:
        return "warn", f"{_count(telling, 'telling line')} of our own: {safe(telling[0].meaning)}"
    if problems:
        return "fail", _first_of(problems)
    silent = [report.file for report in reports if not report.read and report.history is None]
    if silent and len(silent) == len(reports):
        return "warn", f"{_first_of(silent)}: nothing came from it at all, neither old nor new"
    read = sum(report.read for report in reports)
    if not ours:
        return "warn", f"new lines: {read}, and none of our own: is this the log of this Nginx?"
    return "pass", f"new lines: {read}, of our own probes: {len(ours)}; none tells of a fault"


def _first_of(texts: Sequence[str]) -> str:
    return f"{texts[0]} (and {len(texts) - 1} more)" if len(texts) > 1 else texts[0]


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' if len(things) != 1 else ''}"


def of_resolution(resolution: RequestResolution) -> StepResult:
    """The config: warns where something would be held, or where it may be that of another Nginx."""
    state, why = _of_served(resolution)
    doubt = resolution.config.unsure or ("" if resolution.listens else _not_listening(resolution))
    return ("warn", f"{doubt}; {why}") if doubt else (state, why)


def _not_listening(resolution: RequestResolution) -> str:
    """What that means: behind another proxy it is usual."""
    return (
        f"no server in it listens on port {resolution.request.reached} (it is another Nginx's, or "
        "a port is mapped or TLS ended in front of it)"
    )


def _of_served(resolution: RequestResolution) -> StepResult:
    if resolution.server is None:
        return "warn", "no server block serves this URL"
    if resolution.location is None:
        return "warn", f"no location in {resolution.server.directive.where} matches the path"
    place = f"location {resolution.location.modifier} {resolution.location.path}".replace("  ", " ")
    where = f"{safe(place, 80)} ({resolution.location.directive.where})"
    held = [row for row in resolution.delivery if row.result == "held"]
    if not resolution.delivery:
        return "warn", f"{where} passes to no backend that streams"
    if held:
        return (
            "warn",
            f"{where} serves it and would hold it: {len(held)} of "
            f"{len(resolution.delivery)} ways to ask",
        )
    return "pass", f"{where} serves it; the config holds nothing back"


def of_diagnosis(diagnosis: Diagnosis) -> StepResult:
    """The conclusion: passes only when healthy."""
    states: dict[str, State] = {"healthy": "pass", "fault": "fail", "inconclusive": "warn"}
    return states[diagnosis.verdict], diagnosis.summary


def of_verify(case: Case) -> StepResult:
    """The proof: every probe is live now, in a new connection, and the handshake succeeds."""
    state, why = of_proxied(case)
    if state != "pass":
        return state, f"not fixed yet: {why}"
    was = sum(result.outcome in HELD for result in case.before)
    if was:
        return "pass", f"fixed: {was} probes were held, all are live now"
    known = replace(case, handshakes=case.before_handshakes)
    if handshake_fails(known):
        return "pass", "fixed: the MCP handshake failed, and succeeds now"
    bad = [result for result in case.before if not is_well(result, known.handshake("proxy"))]
    if bad:
        return "pass", f"fixed: {bad[0].why} before; now {why}"
    return "pass", f"all probes are live, as before; {why}"


def of_proxied(case: Case) -> StepResult:
    """The matrix through the proxy, and the handshake that must succeed there too."""
    state, why = of_results(case.proxy, case.handshake("proxy"))
    proxied = case.handshake("proxy")
    if state == "pass" and proxied is not None and handshake_fails(case):
        return "fail", f"the stream is live, but the MCP handshake fails: {safe(proxied.why, 200)}"
    return state, why


def of_recommendation(recommendation: Recommendation | None, diagnosis: Diagnosis) -> StepResult:
    """The fix: there is a block, or Nginx needs none."""
    if recommendation is not None:
        return "pass", recommendation.summary
    if diagnosis.verdict == "healthy":
        return "pass", "nothing to mend"
    if diagnosis.causes and diagnosis.verdict == "fault":
        return "pass", f"no Nginx block: {diagnosis.causes[0].fix.summary}"
    return "skip", "no cause was shown, so nothing is recommended"
