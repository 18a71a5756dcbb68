"""The tools in the order in which they are preferred: the first shows most."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.vantage import curl_tool, raw_tools, wget_tool
from wizard.vantage.request import FarRequest
from wizard.vantage.response import Split
from wizard.vantage.tool import Tool, able

CURL = Tool(
    "curl",
    curl_tool.TOOL,
    curl_tool.config,
    curl_tool.hear,
    curl_tool.stop,
    raw_tools.no_http2,
)
CURL_2 = replace(CURL, unable=able)
WGET = Tool(
    "wget",
    wget_tool.TOOL,
    wget_tool.url_line,
    wget_tool.hear,
    wget_tool.stop,
    wget_tool.gnu_unable,
    wget_tool.gnu_words,
    Split,
)
BUSYBOX_WGET = replace(
    WGET,
    told=wget_tool.nothing,
    stop=wget_tool.busybox_stop,
    unable=wget_tool.busybox_unable,
    words=wget_tool.busybox_words,
    tells=False,
    last=True,
)
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
BUSYBOX_NC = replace(
    NC, script=raw_tools.HELD_NC, words=raw_tools.busybox_words, hold=True, tells=False
)
TOOLS: tuple[Tool, ...] = (CURL, WGET, PYTHON, BASH, NC)
_FLAVOURS: Mapping[str, tuple[tuple[str, Tool], ...]] = {
    "curl": (("HTTP2", CURL_2),),
    "wget": (("BusyBox", BUSYBOX_WGET),),
    "nc": (("BusyBox", BUSYBOX_NC), ("Ncat", NCAT)),
}
"""Tools of one name that differ, by a word that each says of itself."""


def choose(has: Mapping[str, str], request: FarRequest) -> Tool | str:
    """The first of these tools that can make the request; else why none can, in one sentence.

    Args:
        has: By name, what each says of its version.
    """
    there = [_flavour(tool, has[tool.name]) for tool in TOOLS if tool.name in has]
    able = sorted((tool for tool in there if not tool.unable(request)), key=lambda one: one.last)
    if able:
        return able[0]
    return "; ".join(dict.fromkeys(tool.unable(request) for tool in there))


def _flavour(tool: Tool, said: str) -> Tool:
    kinds = _FLAVOURS.get(tool.name, ())
    return next((kind for word, kind in kinds if word in said), tool)
