"""What a place has: its tools, how far away it is, what its clock says."""

import asyncio
import re
import time
from dataclasses import dataclass

from wizard.model.vantage import Capabilities
from wizard.text.display import safe
from wizard.text.errors import VantageError
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.scripts import BEGIN, END

WITHIN = 10.0
"""How long, in seconds, the answers may take once the place is reached."""
LIMIT = 64 << 10
"""How much may be answered, in bytes."""
ROUNDS = 3
"""How many lines are sent there and back to measure the round trip."""

_TOOLS = (
    'has(){ command -v "$1" >/dev/null 2>&1&&{ echo "has $1";shift;"$@" 2>&1 </dev/null;};};'
    "has curl curl -V||{ has wget wget --version;"
    'has python3 python3 -c "import socket,ssl,sys;print(sys.version.split()[0])";'
    'has bash bash -c "echo $"BASH_VERSION;has nc nc -h;};echo "end"'
)
"""Where there is curl, nothing else is asked for."""
QUESTIONS = [
    "sh",
    "-c",
    f'{BEGIN}while read -r l;do case $l in d) date "+time %s.%N %z";;t) {_TOOLS};;*) echo "$l";;'
    f"esac;done;s=0;{END}",
]
"""Answers line by line until its standard input is closed: nothing stays there without us."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a place has.

    Attributes:
        tools: By name, what each says of its version.
    """

    capabilities: Capabilities
    tools: dict[str, str]


async def discover(remote: RemoteProcess, name: str) -> Found:
    """Ask a place that was reached with `QUESTIONS`. Raises `VantageError`."""
    try:
        async with asyncio.timeout(WITHIN):
            round_trip = min([await _echo(remote) for _ in range(ROUNDS)])
            clock = await _clock(remote)
            tools = await _tools(remote)
    except TimeoutError:
        raise VantageError(f"{name}: no answer within {WITHIN:.0f} s once reached") from None
    except _SilentError:
        raise VantageError(f"{name}: {remote.failure}") from None
    except _SenselessError:
        raise VantageError(f"{name}: it answers what was not asked") from None
    if not tools:
        raise VantageError(f"{name}: it has no curl, wget, python3, bash or nc to ask with")
    tool = next(iter(tools))
    version = _version(tool, tools[tool])
    return Found(Capabilities(name, tool, version, round_trip, *clock), tools)


class _SilentError(Exception):
    """It has ended."""


class _SenselessError(Exception):
    """It prints without end or sense."""


async def _answer(remote: RemoteProcess) -> str:
    try:
        line = await remote.stdout.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        raise _SilentError from None
    except asyncio.LimitOverrunError:
        raise _SenselessError from None
    return line.decode("utf-8", "replace").rstrip("\r\n")


async def _echo(remote: RemoteProcess) -> float:
    """How long, in seconds, a line takes there and back."""
    start = time.perf_counter()
    await remote.tell(b"-\n")
    await _answer(remote)
    return time.perf_counter() - start


_TIME = re.compile(r"time (\d{9,11})(?:\.(\d{1,9}))?\D*?(?: ([+-]\d{4}))?$")


async def _clock(remote: RemoteProcess) -> tuple[float | None, float | None, str]:
    """That clock's skew, how exact that is (both in seconds), and its zone."""
    sent = time.time()
    await remote.tell(b"d\n")
    known = _TIME.match(await _answer(remote))
    taken = time.time() - sent
    if not known:
        return None, None, ""
    digits = known[2] or ""
    there = float(f"{known[1]}.{digits or 0}")
    resolution = 10.0 ** -len(digits)
    # The clock was cut off at its last digit: on average, half of one more has passed.
    skew = there + resolution / 2 - (sent + taken / 2)
    return skew, taken / 2 + resolution / 2, known[3] or ""


async def _tools(remote: RemoteProcess) -> dict[str, str]:
    """The tools there, in our order, each with what it says of itself."""
    await remote.tell(b"t\n")
    tools: dict[str, str] = {}
    size, name = 0, ""
    while (line := await _answer(remote)) != "end":
        size += len(line)
        if size > LIMIT:
            raise _SenselessError
        if line.startswith("has "):
            name = line.removeprefix("has ")
            tools[name] = ""
        elif name:
            tools[name] += f"{line}\n"
    return tools


def _version(tool: str, said: str) -> str:
    """The tool in its own words, in short: `curl 7.88.1`."""
    number = re.search(r"\d+\.\d+[\w.-]*", said)
    return safe(f"{tool} {number[0]}" if number else tool, 80)
