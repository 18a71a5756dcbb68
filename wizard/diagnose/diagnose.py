"""From a case to its diagnosis: pure, and the same whichever order the rules run in."""

from wizard.diagnose.facts.directives import is_proxied
from wizard.diagnose.facts.streams import predicted_results
from wizard.diagnose.hops import doubt, narrow_to_hop, results_by_hop, sentence, told_nothing
from wizard.diagnose.outcome import handshake_fails, is_well
from wizard.diagnose.rule import ConfigFinding, Stage
from wizard.diagnose.rules import Rule, all_rules
from wizard.model.case import HELD_OUTCOMES, Case, ProbeResult
from wizard.model.diagnosis import Diagnosis, Finding, Verdict
from wizard.model.resolution import RequestResolution
from wizard.model.target import LOCAL
from wizard.text.display import capitalize, safe

_SURE = ("confirmed", "likely", "possible")
_WELL = frozenset({"live", "ended"})


def diagnose(case: Case) -> Diagnosis:
    """All rules over a case: causes in order, risks, and what else must be said.

    Where the stream was followed from proxy to proxy, the rules look at the one that loses it.
    """
    whole, case = case, narrow_to_hop(case)
    checked = ((rule, rule.check(rule, case)) for rule in all_rules())
    found = [(rule, finding) for rule, finding in checked if finding]
    findings = [finding for _, finding in sorted(found, key=_rank)]
    symptoms = frozenset[str]().union(*(f.explains for f in findings if not f.latent))
    causes = tuple(f for f in findings if not f.latent and f.id not in symptoms)
    risks = tuple(f for f in findings if f.latent)
    verdict = _verdict(whole, causes)
    unsure = doubt(whole)
    notes = (
        *([capitalize(unsure)] if unsure else []),
        *told_nothing(whole),
        *_unreached(whole),
        *_disagreements(case, causes),
    )
    notes = (*notes, *_not_looked_at(whole, causes))
    return Diagnosis(verdict, _summary(whole, verdict, causes), causes, risks, notes)


def config_findings(resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """What the config alone leads to, in a fixed order.

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


def _unreached(case: Case) -> tuple[str, ...]:
    """The vantages that could not be used: what was to be seen from there was not."""
    return tuple(one.problem for one in case.capabilities if one.problem)


def _rank(found: tuple[Rule, Finding]) -> tuple[int, int, str]:
    rule, finding = found
    return _SURE.index(finding.confidence), rule.stage, rule.id


def _verdict(case: Case, causes: tuple[Finding, ...]) -> Verdict:
    """A `possible` cause is no fault yet: a wrong cause costs more than none."""
    if any(cause.confidence != "possible" for cause in causes):
        return "fault"
    return "healthy" if not causes and is_healthy(case) else "inconclusive"


def is_healthy(case: Case) -> bool:
    """Whether every proxied probe that the server offers was seen to be live, and the handshake
    through the proxy succeeds where one succeeds at all."""
    offered = [result for result in case.proxy if result.was_made]
    return (
        bool(offered)
        and not _is_interrupted(case)
        and all(is_well(result, case.handshake("proxy")) for result in offered)
        and not handshake_fails(case)
    )


def _is_interrupted(case: Case) -> bool:
    """Whether the stream, or the handshake after it, was not seen to its end."""
    return "proxy" in case.unfinished or "verify" in case.unfinished


def _summary(case: Case, verdict: Verdict, causes: tuple[Finding, ...]) -> str:
    if verdict == "healthy":
        return _fine(case)
    if verdict == "fault":
        return f"{causes[0].title} ({causes[0].confidence})."
    return _seen(case)


def _fine(case: Case) -> str:
    proxied = case.handshake("proxy")
    if proxied is None or not proxied.is_complete:
        return "The stream is live in every probe through the proxy."
    spoken = f"{_NAMES[proxied.transport]} {proxied.version}".strip()
    if proxied.transport == "http+sse":
        return f"The stream is live in every probe through the proxy, and MCP over {spoken} works."
    return f"MCP over {spoken} works through the proxy."


_NAMES = {"http+sse": "HTTP+SSE", "streamable-http": "Streamable HTTP", "stateless": "HTTP"}


def _seen(case: Case) -> str:
    """What was seen, in one sentence, where no cause can be named."""
    if not case.proxy:
        return "The stream was not probed through the proxy."
    if _is_interrupted(case):
        return "The check was interrupted before it had seen all that it was to see."
    well = [is_well(result, case.handshake("proxy")) for result in case.proxy]
    if all(well) and handshake_fails(case):
        return f"The stream is live, but the MCP handshake fails: {_unanswered(case)}"
    if any(result.outcome in ("running", "interrupted") for result in case.proxy):
        return "The probe was interrupted before the stream had shown what it does."
    first = next((result for result, fine in zip(case.proxy, well, strict=True) if not fine), None)
    why = safe(first.why, 300) if first else "every probe is live"
    failing = sentence(case) if len(results_by_hop(case)) > 2 else ""
    said = "; ".join(part for part in (why, failing, "no cause could be shown") if part)
    return f"The stream through the proxy: {said}."


def _unanswered(case: Case) -> str:
    proxied = case.handshake("proxy")
    return safe(proxied.why, 300) if proxied else ""


def _disagreements(case: Case, causes: tuple[Finding, ...]) -> tuple[str, ...]:
    sure = any(cause.confidence == "confirmed" for cause in causes)
    # What came late and is explained was not held: the config is not to be doubted for it.
    doubted = [result for result in case.proxy if not (sure and result.outcome == "late")]
    return tuple(note for result in doubted if (note := _disagreement(case, result)))


def _disagreement(case: Case, result: ProbeResult) -> str:
    """Where the config predicts one thing and the probe saw another; empty where they agree."""
    expected = predicted_results(case, result)
    if not expected or result.outcome not in HELD_OUTCOMES | _WELL:
        return ""
    label = result.timeline.probe.label
    if result.outcome in HELD_OUTCOMES and expected == {"live"}:
        return (
            f"{label}: the config predicts live, but it was {result.outcome}. Is this the config "
            "that runs (was Nginx reloaded), or does another proxy stand in front?"
        )
    if result.outcome in _WELL and "live" not in expected:
        return (
            f"{label}: the config predicts {' or '.join(sorted(expected))}, but it was live. Is "
            "this the config that runs, and does this URL reach this Nginx?"
        )
    return ""


def _no_direct(case: Case) -> str:
    """What to do about a direct URL that nobody answers."""
    asked_from = dict.fromkeys(result.timeline.probe.vantage for result in case.direct)
    peers = case.resolution.upstream.peers if case.resolution and case.resolution.upstream else ()
    used = f" (it passes to {safe(', '.join(peers), 200)})" if peers else ""
    if LOCAL not in asked_from:
        where = ", ".join(asked_from)
        return (
            f"The direct URL cannot be reached from {where}: is it the one that Nginx uses{used}?"
        )
    return (
        f"The direct URL cannot be reached from here: is it the one that Nginx uses{used}? If only "
        "its host reaches it, look from there: --vantage web='ssh HOST' --direct web=URL."
    )


def _not_looked_at(case: Case, causes: tuple[Finding, ...]) -> tuple[str, ...]:
    """What would have made this surer; said only where it is not sure."""
    if is_healthy(case) or any(cause.confidence == "confirmed" for cause in causes):
        return ()
    notes = []
    given = {name.lower() for name, _ in case.target.headers}
    if any(c.timeline.status == 401 for c in case.proxy) and "authorization" not in given:
        notes.append("The URL asks for credentials: give them with --header 'Authorization: …'.")
    if case.direct and all(result.outcome == "refused" for result in case.direct):
        notes.append(_no_direct(case))
    if case.resolution is not None and not case.resolution.listens:
        notes.append(
            "No server of this config listens on the URL's port: is it the config of the Nginx "
            "that serves this URL, or does something stand in front of it?"
        )
    if not case.target.direct:
        notes.append("No direct URL was given: a silent backend and a holding proxy look alike.")
    if case.resolution is None and case.target.conf is None:
        notes.append("No Nginx config was read: what it would hold could not be predicted.")
    if not case.logs and not case.target.logs:
        notes.append("No log file was read: Nginx's error log names what it could not do.")
    return tuple(notes)
