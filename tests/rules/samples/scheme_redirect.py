"""Samples of scheme-redirect."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

URL = "http://mcp.example/mcp"


def fires() -> Case:
    """The http URL of an MCP server, all of which is redirected to https."""
    return make_case(proxy="redirect:https://mcp.example/mcp", direct="live", url=URL)


def silent() -> Case:
    """Another path: a slash is added as well."""
    return make_case(proxy="redirect:https://mcp.example/mcp/", direct="live", url=URL)
