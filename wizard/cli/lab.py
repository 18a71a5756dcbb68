"""`ssewizard lab`: a real Nginx and a backend on loopback, and the wizard on them."""

import argparse
import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from wizard import lab as real
from wizard.cli.output import write_report

if TYPE_CHECKING:
    from wizard.cli.hooks import OpenWizard

T = TypeVar("T")


def lab(given: argparse.Namespace, open_wizard: "OpenWizard") -> int:
    """List the scenarios, serve one, or open the wizard on it. Raises `LabError`."""
    if given.list:
        scenarios = real.list_scenarios()
        write_report("".join(f"{s.name:<22} {s.title}\n" for s in scenarios))
        return 0
    if given.serve:
        asyncio.run(real.serve(real.scenario_named(given.scenario)))
        return 0
    return _with_wizard(real.scenario_named(given.scenario), open_wizard)


def _with_wizard(scenario: "real.Scenario", open_wizard: "OpenWizard") -> int:
    """The lab in a thread of its own, so that the wizard's loop cannot slow its events down."""
    with _Loop() as loop:
        made = real.Lab(scenario)
        loop.run(made.__aenter__())
        try:

            async def apply(diff: str) -> str:
                return await asyncio.wrap_future(loop.submit(made.apply(diff)))

            return open_wizard(made.target, apply)
        finally:
            loop.run(made.__aexit__(None, None, None))


class _Loop:
    """An event loop in a thread, ended when the block is left."""

    def __enter__(self) -> "_Loop":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def submit(self, work: Coroutine[None, None, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.submit(work).result()
