"""The tools in the order in which they are preferred: the first shows most."""

from collections.abc import Collection

from wizard.vantage import curl_tool
from wizard.vantage.request import FarRequest
from wizard.vantage.tool import Tool

CURL = Tool("curl", curl_tool.TOOL, curl_tool.config, curl_tool.hear, curl_tool.stop)
TOOLS: tuple[Tool, ...] = (CURL,)


def choose(has: Collection[str], request: FarRequest) -> Tool | str:
    """The first of these tools that can make the request; else why none can, in one sentence."""
    there = [tool for tool in TOOLS if tool.name in has]
    able = [tool for tool in there if not tool.unable(request)]
    if able:
        return able[0]
    return "; ".join(dict.fromkeys(tool.unable(request) for tool in there))
