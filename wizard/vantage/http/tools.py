"""The tools that can make a request at a vantage, in order of preference, and the choice."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.text.display import clauses
from wizard.vantage.http import curl, raw, wget
from wizard.vantage.http.request import NO_EXACT_BYTES, RemoteRequest, Tool, always_able
from wizard.vantage.http.response import SplitReader

CURL = Tool(
    "curl",
    curl.SCRIPT,
    curl.make_config,
    curl.read_progress,
    curl.explain_exit,
    raw.why_no_http2,
    answer_sign="< HTTP/",
)
CURL_HTTP2 = replace(CURL, why_unable=always_able)
WGET = Tool(
    "wget",
    wget.SCRIPT,
    wget.gnu_stdin,
    wget.read_progress,
    wget.explain_gnu_exit,
    wget.why_gnu_unable,
    wget.gnu_arguments,
    SplitReader,
)
BUSYBOX_WGET = replace(
    WGET,
    stdin=wget.busybox_stdin,
    explain_exit=wget.explain_busybox_exit,
    why_unable=wget.why_busybox_unable,
    arguments=wget.busybox_arguments,
    reports_connection=False,
    is_last_choice=True,
)
PYTHON = Tool(
    "python3",
    raw.PYTHON_SCRIPT,
    raw.python_stdin,
    raw.read_progress,
    raw.explain_exit,
    raw.why_no_http2,
    reports_start=True,
    sends_exact_bytes=True,
)
BASH = Tool(
    "bash",
    raw.BASH_SCRIPT,
    raw.bash_stdin,
    raw.read_progress,
    raw.explain_exit,
    raw.why_no_tls,
    sends_exact_bytes=True,
)
NC = Tool(
    "nc",
    raw.NC_SCRIPT,
    raw.wire_bytes,
    raw.read_progress,
    raw.explain_exit,
    raw.why_no_tls,
    raw.nc_arguments,
    sends_exact_bytes=True,
)
NCAT = replace(NC, arguments=raw.ncat_arguments)
BUSYBOX_NC = replace(
    NC,
    script=raw.HELD_NC_SCRIPT,
    arguments=raw.busybox_arguments,
    hold_stdin=True,
    reports_connection=False,
)
TOOLS: tuple[Tool, ...] = (CURL, WGET, PYTHON, BASH, NC)
_VARIANTS: Mapping[str, tuple[tuple[str, Tool], ...]] = {
    "curl": (("HTTP2", CURL_HTTP2),),
    "wget": (("BusyBox", BUSYBOX_WGET),),
    "nc": (("BusyBox", BUSYBOX_NC), ("Ncat", NCAT)),
}
"""Variants of a tool, each with a word of its version output."""


def choose_tool(tools: Mapping[str, str], request: RemoteRequest) -> Tool | str:
    """Return the best tool that can make the request, or why none can, in one sentence.

    `tools` are the vantage's tools by name, each with its version output.
    """
    available = [_variant(tool, tools[tool.name]) for tool in TOOLS if tool.name in tools]
    able = [tool for tool in available if not _why_unable(tool, request)]
    if able:
        return min(able, key=lambda tool: tool.is_last_choice)
    return clauses(dict.fromkeys(_why_unable(tool, request) for tool in available))


def _why_unable(tool: Tool, request: RemoteRequest) -> str:
    """Why the tool cannot make the request, in one sentence; empty if it can."""
    is_exact = bool(request.wire) and not tool.sends_exact_bytes
    return NO_EXACT_BYTES if is_exact else tool.why_unable(request)


def _variant(tool: Tool, output: str) -> Tool:
    variants = _VARIANTS.get(tool.name, ())
    return next((variant for word, variant in variants if word in output), tool)
