"""The lab's backend as a program for another host: `backend.py PORT LOG`."""

import asyncio
import sys
from pathlib import Path

from wizard.lab.backend import Backend
from wizard.lab.scenario import Behaviour


async def main(port: int, log: Path) -> None:
    """Serve on all addresses until standard input closes."""
    backend = Backend(Behaviour(), port, log, host="0.0.0.0")
    await backend.start()
    await asyncio.to_thread(sys.stdin.read)
    await backend.stop()


asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
