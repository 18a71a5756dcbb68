"""An event loop's clock that jumps, as if the process had not run meanwhile: nothing blocks."""

import asyncio


class JumpingClock:
    """The event loop's clock; `jump` adds seconds, as if the process had not run meanwhile."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._time, self._added = loop.time, 0.0
        loop.time = self  # type: ignore[method-assign]

    def __call__(self) -> float:
        return self._time() + self._added

    def jump(self, seconds: float) -> None:
        self._added += seconds
