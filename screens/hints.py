"""The sentence below a step's answer: what is awaited or missing, or what to press."""

from collections.abc import Mapping

from screens.opening import FIRST_HINT
from wizard.diagnose.without_direct import patience_s
from wizard.investigation.investigation import Investigation
from wizard.investigation.steps import missing_input
from wizard.model.steps import STEPS, StepId
from wizard.text.display import sentences
from wizard.text.messages import tr

DOING: Mapping[StepId, str] = {
    "root": tr("requesting /"),
    "proxy": tr("MCP handshake and further requests"),
    "direct": tr("MCP handshake and further requests"),
    "logs": tr("waiting for the lines of our probes"),
    "config": tr("reading what serves this path"),
    "cause": tr("comparing the evidence with all causes"),
    "fix": tr("deriving the change from the config"),
    "verify": tr("MCP handshake, config and logs once more"),
}
"""What a running step does while no time is set for what it waits for."""


def step_hint(
    investigation: Investigation,
    step: StepId,
    now: float,
    *,
    in_lab: bool,
    since: float | None = None,
) -> str:
    """Return one sentence on what is awaited or missing, or what to press; may be empty.

    Args:
        now: The time on the investigation's clock, in seconds.
        since: When the step began to run, on the same clock; None if it does not.
    """
    state = investigation.steps[step].state
    if state == "running":
        return _running_hint(investigation, step, now, since)
    missing = missing_input(investigation.target, step)
    if missing and state in ("todo", "skip"):
        local = tr("t reads it with nginx -T on this machine.") if step == "config" else ""
        key = (
            tr("Missing: {missing}. Press Enter to fill it in.", missing=missing)
            if state == "todo"
            else tr("Press i to fill it in.")
        )
        return sentences((key, local))
    if (wait_s := longer_watch_s(investigation, step)) is not None:
        return tr(
            "l watches the held stream for {wait_s:.0f} s, past Nginx's read timeout. What "
            "comes then shows whether the proxy holds the stream or the backend is silent.",
            wait_s=wait_s,
        )
    if step in ("cause", "fix") and is_healthy(investigation):
        report = tr("w writes a report.")
        return sentences((tr("Nothing to fix."), report)) if step == "cause" else report
    if step == "verify" and state == "todo":
        return _verify_hint(investigation.recommendation is not None, in_lab=in_lab)
    if step == STEPS[0] and state == "todo":
        return FIRST_HINT
    return ""


def _running_hint(
    investigation: Investigation, step: StepId, now: float, since: float | None
) -> str:
    """What is awaited, for how long and for how long at most; or what is done."""
    waiting = investigation.waiting
    if waiting is None:
        elapsed = max(0.0, now - since) if since is not None else 0.0
        return tr("{what}: {elapsed:.0f} s", what=DOING[step], elapsed=elapsed)
    awaited = tr(
        "{what}: {elapsed:.0f} s of at most {max_duration_s:.0f} s",
        what=waiting.what,
        elapsed=max(0.0, now - waiting.since),
        max_duration_s=waiting.max_duration_s,
    )
    if not investigation.awaits_reload:
        return awaited
    return tr("{awaited}; r proves it now", awaited=awaited)


def is_healthy(investigation: Investigation) -> bool:
    """True if nothing is wrong and nothing was mended."""
    diagnosis = investigation.diagnosis
    return (
        diagnosis is not None and diagnosis.verdict == "healthy" and not investigation.case.is_fixed
    )


def longer_watch_s(investigation: Investigation, step: StepId) -> float | None:
    """How long `l` watches the held stream on this step, in seconds; None if it tells nothing."""
    is_shown = step in ("proxy", "cause") and investigation.steps[step].state in ("fail", "warn")
    return patience_s(investigation.case) if is_shown else None


def _verify_hint(has_fix: bool, *, in_lab: bool) -> str:
    if not has_fix:
        return tr("Enter requests the stream again and compares.")
    if in_lab:
        return tr("p patches the lab's Nginx and reloads it; then press Enter.")
    return tr("Apply the change and reload Nginx yourself. Enter waits for it, then proves it.")
