"""Work in a thread of its own, while the event loop goes on."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


async def run_aside(work: Callable[[], _Result]) -> _Result:
    """The result of this work, which may take long or never end.

    Neither a cancelled task nor the end of the program waits for it: `asyncio.to_thread` would.
    """
    future: Future[_Result] = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised again where the result is awaited
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(future)
