"""Print how the figures change: `python -m tests.soak checks|stream`; status 1 if one grows."""

import asyncio
import os
import sys
import time

from tests.soak.figures import Figures, trends
from tests.soak.runs import check_often, watch_stream


def main(kind: str) -> int:
    """Run one soak; its length comes from SOAK_CHECKS or SOAK_STREAM_SECONDS."""
    started = time.monotonic()
    samples, what = _run(kind)
    found = trends(samples)
    print(f"{what} in {time.monotonic() - started:.0f} s; medians of thirds:")  # noqa: T201
    print("\n".join(map(str, found)))  # noqa: T201
    return int(any(trend.has_grown for trend in found))


def _run(kind: str) -> tuple[list[Figures], str]:
    if kind == "checks":
        count = int(os.environ.get("SOAK_CHECKS", "60"))
        return asyncio.run(check_often(count)), f"{count} checks"
    seconds = float(os.environ.get("SOAK_STREAM_SECONDS", "90"))
    return asyncio.run(watch_stream(seconds)), f"a stream of {seconds:g} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
