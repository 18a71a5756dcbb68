"""The tools in the order in which they are preferred: the first shows most."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.vantage.http import curl, raw, wget
from wizard.vantage.http.request import RemoteRequest, Tool, able
from wizard.vantage.http.response import Split

CURL = Tool(
    "curl",
    curl.TOOL,
    curl.config,
    curl.hear,
    curl.stop,
    raw.no_http2,
)
CURL_2 = replace(CURL, unable=able)
WGET = Tool(
    "wget",
    wget.TOOL,
    wget.url_line,
    wget.hear,
    wget.stop,
    wget.gnu_unable,
    wget.gnu_words,
    Split,
)
BUSYBOX_WGET = replace(
    WGET,
    told=wget.nothing,
    stop=wget.busybox_stop,
    unable=wget.busybox_unable,
    words=wget.busybox_words,
    tells=False,
    last=True,
)
PYTHON = Tool(
    "python3",
    raw.PYTHON,
    raw.for_python,
    raw.hear,
    raw.stop,
    raw.no_http2,
    slow=True,
)
BASH = Tool(
    "bash",
    raw.BASH,
    raw.for_bash,
    raw.hear,
    raw.stop,
    raw.no_tls,
)
NC = Tool(
    "nc",
    raw.NC,
    raw.head_and_body,
    raw.hear,
    raw.stop,
    raw.no_tls,
    raw.nc_words,
)
NCAT = replace(NC, words=raw.ncat_words)
BUSYBOX_NC = replace(NC, script=raw.HELD_NC, words=raw.busybox_words, hold=True, tells=False)
TOOLS: tuple[Tool, ...] = (CURL, WGET, PYTHON, BASH, NC)
_FLAVOURS: Mapping[str, tuple[tuple[str, Tool], ...]] = {
    "curl": (("HTTP2", CURL_2),),
    "wget": (("BusyBox", BUSYBOX_WGET),),
    "nc": (("BusyBox", BUSYBOX_NC), ("Ncat", NCAT)),
}
"""Tools of one name that differ, by a word that each says of itself."""


def choose(has: Mapping[str, str], request: RemoteRequest) -> Tool | str:
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
