"""Samples of slash-redirect."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """A framework's mount, which does not know that the client uses https."""
    return _sample("redirect:http://svc-bot:8000/sse/")


def silent() -> Case:
    """A redirect to a login page."""
    return _sample("redirect:https://login.example/")


def _sample(kind: str) -> Case:
    url = "https://mcp.example/sse"
    return make_case(proxy=kind, direct="live", url=url, settings={"proxy_buffering": "off"})
