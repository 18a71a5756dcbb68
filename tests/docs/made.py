"""The reference pages as they must be now."""

from pathlib import Path

from wizard.diagnose.rules import all_rules
from wizard.lab import list_scenarios
from wizard.report.reference_pages import FOLDER, pages

ROOT = Path(__file__).parents[2]
PLACE = ROOT / FOLDER


def made() -> dict[str, str]:
    """Each page's text by its file name."""
    shown: dict[str, list[str]] = {}
    for scenario in list_scenarios():
        for cause in scenario.expected[:1]:
            shown.setdefault(cause, []).append(scenario.name)
    return pages(all_rules(), shown)
