"""Run the lab's incident and save the screen with the two streams as SVG."""

import asyncio
from pathlib import Path

from screens.app import Wizard
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, scenario_named

SIZE = (100, 30)


async def picture(path: Path) -> None:
    """Write the picture of the proxied stream's pane, after all steps have run."""
    async with Lab(scenario_named("incident")) as lab:
        app = Wizard(Investigation(lab.target))
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press("a")
            await app.workers.wait_for_complete()
            await pilot.press("2")
            await pilot.pause()
            app.save_screenshot(path.name, str(path.parent))


if __name__ == "__main__":
    asyncio.run(picture(Path(__file__).with_name("wizard.svg")))
