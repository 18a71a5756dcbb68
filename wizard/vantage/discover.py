"""Discovery of a vantage: its HTTP tools, its round trip, and its clock."""

import asyncio
import re
import time
from dataclasses import dataclass

from wizard.model.vantage import Capabilities
from wizard.text.display import safe
from wizard.text.errors import VantageError
from wizard.text.messages import tr
from wizard.vantage import failures
from wizard.vantage.remote_process import RemoteProcess
from wizard.vantage.scripts import PRINT_STATUS, START

DISCOVERY_TIMEOUT_S = 10.0
"""How long, in seconds, the discovery may take once the command has started."""
MAX_TOOLS_CHARS = 64 << 10
"""How much the tools may print about themselves together, in characters."""
ECHOES = 3
"""How many lines are echoed to measure the round trip."""

_LIST_TOOLS = (
    'has(){ command -v "$1" >/dev/null 2>&1&&{ echo "has $1";shift;"$@" 2>&1 </dev/null;};};'
    "has curl curl -V||{ has wget wget --version;"
    'has python3 python3 -c "import socket,ssl,sys;print(sys.version.split()[0])";'
    'has bash bash -c "echo $"BASH_VERSION;has nc nc -h;};echo "end"'
)
"""The other tools are looked for only where there is no curl."""
TOOLS = ("curl", "wget", "python3", "bash", "nc")
"""The tools by name, in the order of preference."""
DISCOVERY_COMMAND = [
    "sh",
    "-c",
    f'{START}while read -r l;do case $l in d) date "+time %s.%N %z"||echo;;t) {_LIST_TOOLS};;'
    f'*) echo "$l";;esac;done;s=0;{PRINT_STATUS}',
]
"""Answers line by line, and ends when its standard input is closed."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a vantage has; `tools` are all of its tools by name, each with its version output."""

    capabilities: Capabilities
    tools: dict[str, str]


async def discover(remote: RemoteProcess, name: str) -> Discovery:
    """Discover a vantage where `DISCOVERY_COMMAND` runs.

    Raises:
        VantageError: It has no tool, or gives no valid answer; the message begins with `name`.
    """
    try:
        async with asyncio.timeout(DISCOVERY_TIMEOUT_S):
            round_trip_s = min([await _measure_echo(remote) for _ in range(ECHOES)])
            clock = await _measure_clock(remote)
            tools = await _list_tools(remote)
    except TimeoutError:
        reason = tr(
            "no answer within {discovery_timeout_s:.0f} s after our command started",
            discovery_timeout_s=DISCOVERY_TIMEOUT_S,
        )
        raise VantageError(f"{name}: {reason}") from None
    except _EndedError:
        await remote.wait()  # for its exit status
        raise VantageError(f"{name}: {remote.failure}") from None
    except VantageError as error:
        raise VantageError(f"{name}: {error}") from None
    except _BadAnswerError:
        raise VantageError(
            tr("{name}: its answer cannot be understood: is its prefix right?", name=name)
        ) from None
    if not tools:
        raise VantageError(tr("{name}: it has none of curl, wget, python3, bash and nc", name=name))
    tool = next(iter(tools))
    version = _version(tool, tools[tool])
    return Discovery(Capabilities(name, tool, version, round_trip_s, *clock), tools)


class _EndedError(Exception):
    """The command has ended."""


class _BadAnswerError(Exception):
    """The command's output is not an answer."""


async def _read_answer(remote: RemoteProcess) -> str:
    try:
        line = await remote.stdout.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        raise _EndedError from None
    except asyncio.LimitOverrunError:
        raise _BadAnswerError from None
    return line.decode("utf-8", "replace").rstrip("\r\n")


async def _measure_echo(remote: RemoteProcess) -> float:
    """Return the seconds between sending a line and receiving its echo."""
    start = time.perf_counter()
    await remote.write(b"-\n")
    answer = await _read_answer(remote)
    if remote.is_start_mark(answer):
        raise VantageError(failures.MERGED_OUTPUT)
    if answer != "-":
        raise _BadAnswerError
    return time.perf_counter() - start


_TIME = re.compile(r"time (\d{9,11})(?:\.(\d{1,9}))?\D*?(?: ([+-]\d{4}))?$")


async def _measure_clock(remote: RemoteProcess) -> tuple[float | None, float | None, str]:
    """Return the clock's skew and its uncertainty, both in seconds, and the time zone."""
    sent_at = time.time()
    await remote.write(b"d\n")
    match = _TIME.match(await _read_answer(remote))
    elapsed_s = time.time() - sent_at
    if not match:
        return None, None, ""
    decimals = match[2] or ""
    remote_time = float(f"{match[1]}.{decimals or 0}")
    resolution = 10.0 ** -len(decimals)
    # `date` truncates: on average, half of the last digit's unit has passed since.
    skew_s = remote_time + resolution / 2 - (sent_at + elapsed_s / 2)
    return skew_s, elapsed_s / 2 + resolution / 2, match[3] or ""


async def _list_tools(remote: RemoteProcess) -> dict[str, str]:
    """Return the tools in the order of preference, each with its version output."""
    await remote.write(b"t\n")
    tools: dict[str, str] = {}
    size, name = 0, ""
    while (line := await _read_answer(remote)) != "end":
        size += len(line)
        if size > MAX_TOOLS_CHARS:
            raise _BadAnswerError
        if line.startswith("has "):
            name = line.removeprefix("has ")
            if name not in TOOLS:
                raise _BadAnswerError
            tools[name] = ""
        elif name:
            tools[name] += f"{line}\n"
    return tools


def _version(tool: str, output: str) -> str:
    number = re.search(r"\d+\.\d+[\w.-]*", output)
    return safe(f"{tool} {number[0]}" if number else tool, 80)
