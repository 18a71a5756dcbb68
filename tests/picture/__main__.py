"""Walk through the lab's incident and save five screens as SVG, as the README shows them."""

import asyncio
from pathlib import Path

from textual.pilot import Pilot

from screens.app import Wizard
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, scenario_named

SIZE = (90, 26)
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


async def _press(pilot: "Pilot[None]", *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


if __name__ == "__main__":
    asyncio.run(pictures(Path(__file__).parent))
