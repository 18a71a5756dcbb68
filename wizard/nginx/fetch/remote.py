"""One of our scripts run at a vantage, and what stopped it."""

import re
from collections.abc import Sequence

from wizard.text.display import safe
from wizard.text.errors import VantageError
from wizard.vantage.process import Done
from wizard.vantage.scripts import own_words, packed
from wizard.vantage.session import VantageSession

WITHIN = 30.0
"""How long, in seconds, one command there may take: `nginx -T` resolves the names of upstreams."""

_NO_SHELL = re.compile(r"\bsh\b\W.*(not found|no such file)|\bno shell\b", re.IGNORECASE)


async def run_script(
    vantage_session: VantageSession, script: str, words: Sequence[str], within: float, limit: int
) -> Done:
    """Run a static script there with these arguments, its output bounded.

    Raises:
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    try:
        argv = packed(script, *words)
        return await vantage_session.collect(argv, within=within, limit=limit + (1 << 20))
    except VantageError as error:
        if not _NO_SHELL.search(str(error)):
            raise
        said = "no config can be read without a shell (sh) there; copy it here: --conf FILE"
        raise VantageError(f"{error}; {said}") from None


def trouble(done: Done) -> str:
    """Why our script did not come to its end, in the words of whoever stopped it."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    last = safe(own_words(lines[-1]), 200) if lines else ""
    if done.late:
        return f"no answer in time{f': {last}' if last else ''}"
    if done.cut:
        return "what it printed is too large for a config"
    return last or f"it ended with status {done.code} and printed nothing to read"
