"""A proxy of the environment is named where the server was not reached without it."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.cli.proxy_variables import describe_unused_proxy
from wizard.model.case import Case

NAMES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def case_of(url: str, connect_s: float | None = None) -> Case:
    case = make_case(proxy="live", direct="live", url=url)
    proxy = tuple(
        replace(each, timeline=replace(each.timeline, connect_s=connect_s)) for each in case.proxy
    )
    return replace(case, proxy=proxy)


@pytest.mark.parametrize(
    ("url", "variables", "name"),
    [
        ("https://mcp.example/sse", {"HTTPS_PROXY": "http://p:3128"}, "HTTPS_PROXY"),
        ("http://mcp.example/sse", {"http_proxy": "http://p:3128"}, "http_proxy"),
        ("http://mcp.example/sse", {"HTTP_PROXY": "http://p:3128"}, ""),
        ("http://mcp.example/sse", {"https_proxy": "http://p:3128"}, ""),
        ("http://mcp.example/sse", {"ALL_PROXY": "http://p:3128"}, "ALL_PROXY"),
        ("http://mcp.example/sse", {"http_proxy": "http://p", "no_proxy": ".example"}, ""),
        ("http://mcp.example/sse", {"http_proxy": ""}, ""),
    ],
)
def test_the_variable_for_the_scheme_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str], name: str
) -> None:
    for each, value in variables.items():
        monkeypatch.setenv(each, value)
    text = describe_unused_proxy(case_of(url))
    assert text.startswith(f"{name} is set") if name else text == ""
    assert "p:3128" not in text


def test_a_server_that_was_reached_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://p:3128")
    assert describe_unused_proxy(case_of("http://mcp.example/sse", connect_s=0.1)) == ""
