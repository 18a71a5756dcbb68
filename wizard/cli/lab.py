"""`ssewizard lab`: a real Nginx and a backend on loopback, with the wizard on them."""

import argparse
import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from wizard import lab
from wizard.cli.output import write_report
from wizard.model.target import Target

if TYPE_CHECKING:
    from wizard.investigation.investigation import ApplyFix

T = TypeVar("T")
OpenOnLab = Callable[[Target, "ApplyFix"], int]


def run_lab(options: argparse.Namespace, open_wizard: OpenOnLab) -> int:
    """List the scenarios, serve one, or open the wizard on it. Raises `LabError`."""
    if options.list:
        scenarios = lab.list_scenarios()
        write_report("".join(f"{s.name:<22} {s.title}\n" for s in scenarios))
        return 0
    scenario = lab.scenario_named(options.scenario)
    if options.serve:
        asyncio.run(lab.serve(scenario))
        return 0
    return _open_wizard_on(scenario, open_wizard)


def _open_wizard_on(scenario: lab.Scenario, open_wizard: OpenOnLab) -> int:
    """Open the wizard on the lab, whose own thread keeps the wizard from delaying its events."""
    with _LoopThread() as loop:
        running = lab.Lab(scenario)
        loop.run(running.__aenter__())
        try:

            async def apply(diff: str) -> str:
                return await asyncio.wrap_future(loop.submit(running.apply(diff)))

            return open_wizard(running.target, apply)
        finally:
            loop.run(running.__aexit__(None, None, None))


class _LoopThread:
    """An event loop in a thread; it stops when the `with` block ends."""

    def __enter__(self) -> "_LoopThread":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def submit(self, coroutine: Coroutine[None, None, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[None, None, T]) -> T:
        return self.submit(coroutine).result()
