"""Some clients leave a stream after 300 s of silence."""

from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.text.display import seconds
from wizard.text.messages import tr

LIMIT_S = 300.0
"""The limit between two reads of undici (Node's fetch) and the MCP Python SDK, in seconds."""


def check(rule: Rule, case: Case) -> Finding | None:
    """A stream stayed open through a silence of that length."""
    results = (*case.proxy, *case.direct)
    result = next((result for result in results if _longest_silence_s(result) >= LIMIT_S), None)
    if result is None:
        return None
    silence = seconds(_longest_silence_s(result))
    text = tr(
        "silent for {silence}; undici and the Python SDK wait {limit_s:g} s",
        silence=silence,
        limit_s=LIMIT_S,
    )
    evidence = (result_evidence(result), Evidence("probe", result.timeline.probe.label, text))
    distinguishes = tr(
        "The stream itself stayed open: only a client with a time limit of its own leaves it."
    )
    return rule.finding("likely", evidence, distinguishes, latent=True)


def _longest_silence_s(result: ProbeResult) -> float:
    """The longest silence of a live stream, in seconds."""
    gaps = (result.timeline.longest_gap_s, result.timeline.silence_s or 0.0)
    return max(gaps) if result.outcome == "live" else 0.0


RULE = Rule(
    id="client-300s",
    stage=Stage.CUT,
    fix=Fix(tr("let the backend send pings every 15–30 s"), "backend"),
    check=check,
    seen_here=False,
)
