"""Walk through the lab's incident and save five screens and the report for the README."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from screens.app import Wizard
from screens.exit_text import full_report
from tests.browser import BROWSER, OPTIONS
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, scenario_named

SIZE = (90, 26)
REPORT_PIXELS = (900, 1150)
BEFORE = {"2-proxy": "2", "5-config": "5", "6-cause": "6", "7-fix": "7"}
"""The pictures before the fix, each with the key of its step."""


async def pictures(folder: Path) -> None:
    """Write the pictures of the steps, before the fix and after it."""
    async with Lab(scenario_named("incident")) as lab:
        app = Wizard(Investigation(lab.target), apply_fix=lab.apply)
        async with app.run_test(size=SIZE) as pilot:
            app.theme = "dark"
            await _press(pilot, "a")
            for name, key in BEFORE.items():
                await _press(pilot, key)
                app.save_screenshot(f"{name}.svg", str(folder))
            await _press(pilot, "p", "enter")
            app.save_screenshot("8-verify.svg", str(folder))
        assert app.investigation is not None
        _save_report(full_report(app.investigation, "html"), folder / "report.png")


def _save_report(html: str, picture: Path) -> None:
    """Draw the HTML report as a browser shows it; the program ends where there is no Chromium."""
    if not BROWSER:
        sys.exit(f"no Chromium is installed, so {picture.name} stays as it is")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        page.write_text(html, encoding="utf-8")
        size = f"--window-size={REPORT_PIXELS[0]},{REPORT_PIXELS[1]}"
        shot = ("--hide-scrollbars", size, f"--screenshot={picture}", page.as_uri())
        command = (BROWSER, *OPTIONS, f"--user-data-dir={folder}/profile", *shot)
        subprocess.run(command, check=True, capture_output=True, timeout=60)


async def _press(pilot: "Pilot[None]", *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


if __name__ == "__main__":
    asyncio.run(pictures(Path(__file__).parent))
