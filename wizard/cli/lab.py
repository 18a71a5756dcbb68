"""`ssewizard lab`: a real Nginx and a backend on loopback, and the wizard on them."""

import argparse
import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable

from wizard import lab as lab_package
from wizard.cli.check import write_report


def lab(given: argparse.Namespace, open_wizard: Callable[..., int]) -> int:
    """List the scenarios, serve one, or open the wizard on it."""
    if given.list:
        scenarios = lab_package.list_scenarios()
        write_report("".join(f"{s.name:<22} {s.title}\n" for s in scenarios), None)
        return 0
    if given.serve:
        asyncio.run(lab_package.serve(given.scenario, sys.stdout))
        return 0
    raise NotImplementedError
