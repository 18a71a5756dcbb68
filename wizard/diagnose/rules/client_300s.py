"""Some clients give up a stream that was silent for 300 s."""

from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.text.display import seconds

LIMIT = 300.0
"""What undici (Node's fetch) and the MCP Python SDK allow between two reads, in seconds."""


def check(rule: Rule, case: Case) -> Finding | None:
    """A silence of that length was seen on a stream that stayed open."""
    quiet = [result for result in (*case.proxy, *case.direct) if _silence(result) >= LIMIT]
    if not quiet:
        return None
    result = quiet[0]
    said = f"silent for {seconds(_silence(result))}; undici and the Python SDK wait {LIMIT:g} s"
    evidence = (result_evidence(result), Evidence("probe", result.timeline.probe.label, said))
    distinguishes = (
        "The stream itself stayed open: only a client with such a limit of its own leaves it."
    )
    return rule.finding("likely", evidence, distinguishes, latent=True)


def _silence(result: ProbeResult) -> float:
    """The longest silence of a live stream, in seconds."""
    line = result.timeline
    if result.outcome != "live":
        return 0.0
    return max(line.longest_gap_s, line.silence_s or 0.0)


RULE = Rule(
    id="client-300s",
    stage=Stage.CUT,
    fix=Fix("pings from the backend every 15–30 s", "backend"),
    check=check,
    seen_here=False,
)
