"""One of our scripts run at a vantage, and what stopped it."""

from collections.abc import Sequence

from wizard.text import safe
from wizard.vantage.command import Done, collect
from wizard.vantage.vantage import Vantage

WITHIN = 30.0
"""How long, in seconds, one command there may take: `nginx -T` resolves the names of upstreams."""


async def run_script(
    vantage: Vantage, script: str, words: Sequence[str], within: float, limit: int
) -> Done:
    """Run a static script there with these arguments, the output bounded.

    Raises:
        VantageError: The vantage's command cannot be run here.
    """
    argv = vantage.argv(["sh", "-c", script, "sh", *words])
    return await collect(argv, within=within, limit=limit + (1 << 20))


def trouble(done: Done, missing: str) -> str:
    """Why our script did not come to its end, in the words of whoever stopped it."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    last = safe(lines[-1], 200) if lines else ""
    if done.late:
        return f"no answer in time{f': {last}' if last else ''}"
    if done.cut:
        return "what it printed is too large for a config"
    if done.code in (126, 127) or "executable file not found" in last:
        return f"nothing can be run there without a shell (sh): {last}"
    return last or f"nothing was {missing} (exit status {done.code})"
