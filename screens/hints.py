"""The line below a step's head: what is missing, what is waited for, what comes next."""

from wizard.investigation import Investigation
from wizard.model import STEPS, StepId


def hint(investigation: Investigation, step: StepId, now: float, *, in_lab: bool) -> str:
    """One sentence, or nothing. `now` is on the investigation's clock, in seconds."""
    waiting = investigation.waiting
    state = investigation.steps[step].state
    if waiting is not None and state == "running":
        past = max(0.0, now - waiting.since)
        return f"{waiting.what}: {past:.0f} s of at most {waiting.at_most:.0f} s"
    missing = investigation.missing(step)
    if missing and state in ("todo", "skip"):
        here = " t takes the one that runs here." if step == "config" else ""
        ask = f"Not given: {missing}. Enter asks for it." if state == "todo" else "i gives it."
        return f"{ask}{here}"
    if step == "verify" and state == "todo":
        return _before_the_proof(investigation.recommendation is not None, in_lab=in_lab)
    if step == STEPS[0] and state == "todo":
        return "Enter runs this step; a runs all that is left."
    return ""


def _before_the_proof(has_fix: bool, *, in_lab: bool) -> str:
    if not has_fix:
        return "Enter asks for the stream again and compares."
    if in_lab:
        return "p patches the lab's Nginx and reloads it; then press Enter."
    return "Apply the change and reload Nginx yourself, then press Enter."
