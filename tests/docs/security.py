"""SECURITY.md's tables that follow from the code: follow-ups, and where the code reaches out."""

import re
from collections.abc import Mapping
from pathlib import Path

from wizard.probe.followups import FOLLOW_UPS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "SECURITY.md"
_BEGIN, _END = "<!-- follow-ups: written by `make docs` -->", "<!-- end of the follow-ups -->"
_PLACE = re.compile(r"^\| `((?:wizard|screens)/[^`]+)` \| ([^|]+) \|", re.MULTILINE)


def with_current_tables(page: str) -> str:
    """The page with the table of the follow-ups as it must be now."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    rows = [f"| {each.question} | {each.requests} | {each.most} |" for each in FOLLOW_UPS]
    table = "\n".join(("| question | requests | at most |", "|---|---|---|", *rows))
    return f"{before}{_BEGIN}\n{table}\n{_END}{after}"


def places(page: str) -> Mapping[str, set[str]]:
    """What each module can do, by its path, as the page states it."""
    return {path: set(kinds.strip().split(", ")) for path, kinds in _PLACE.findall(page)}
