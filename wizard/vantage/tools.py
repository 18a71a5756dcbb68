"""The tools in the order in which they are preferred: the first shows most."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.vantage import curl_tool, raw_tools
from wizard.vantage.request import FarRequest
from wizard.vantage.tool import Tool

CURL = Tool("curl", curl_tool.TOOL, curl_tool.config, curl_tool.hear, curl_tool.stop)
PYTHON = Tool(
    "python3",
    raw_tools.PYTHON,
    raw_tools.for_python,
    raw_tools.hear,
    raw_tools.stop,
    raw_tools.no_http2,
    slow=True,
)
BASH = Tool(
    "bash",
    raw_tools.BASH,
    raw_tools.for_bash,
    raw_tools.hear,
    raw_tools.stop,
    raw_tools.no_tls,
)
NC = Tool(
    "nc",
    raw_tools.NC,
    raw_tools.head_and_body,
    raw_tools.hear,
    raw_tools.stop,
    raw_tools.no_tls,
    raw_tools.nc_words,
)
NCAT = replace(NC, words=raw_tools.ncat_words)
BUSYBOX_NC = replace(NC, script=raw_tools.HELD_NC, words=raw_tools.busybox_words, hold=True)
TOOLS: tuple[Tool, ...] = (CURL, PYTHON, BASH, NC)
_FLAVOURS: Mapping[str, tuple[tuple[str, Tool], ...]] = {
    "nc": (("BusyBox", BUSYBOX_NC), ("Ncat", NCAT)),
}
"""Tools of one name that differ, by a word that each says of itself."""


def choose(has: Mapping[str, str], request: FarRequest) -> Tool | str:
    """The first of these tools that can make the request; else why none can, in one sentence.

    Args:
        has: By name, what each says of its version.
    """
    there = [_flavour(tool, has[tool.name]) for tool in TOOLS if tool.name in has]
    able = [tool for tool in there if not tool.unable(request)]
    if able:
        return able[0]
    return "; ".join(dict.fromkeys(tool.unable(request) for tool in there))


def _flavour(tool: Tool, said: str) -> Tool:
    kinds = _FLAVOURS.get(tool.name, ())
    return next((kind for word, kind in kinds if word in said), tool)
