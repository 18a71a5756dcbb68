"""The preflight: sent only for an Origin that was given, without credentials, and what it says."""

from dataclasses import replace

import pytest

from tests.probe.mcp.server import http, running
from tests.rules.samples.build import PROXY_URL, make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.probe.followups.oauth_cors import PREFLIGHT
from wizard.probe.request import ProbeOptions

APP = "https://app.example"
ALLOWS = {
    "Access_Control_Allow_Origin": APP,
    "Access_Control_Allow_Methods": "POST",
    "Access_Control_Allow_Headers": "content-type, mcp-protocol-version",
}


def answer(status: int, **other: str) -> bytes:
    """A preflight's answer that allows all that is asked, but for what is named."""
    return http(status, b"", "text/plain", **{**ALLOWS, **other})


def case(url: str = PROXY_URL, origin: str = APP, *allowed: str) -> Case:
    """A live stream, asked with an Origin, whose answer allows these origins."""
    known = make_case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
    more = tuple(("access-control-allow-origin", one) for one in allowed)
    lines = [replace(c.timeline, headers=(*c.timeline.headers, *more)) for c in known.proxy]
    target = replace(known.target, url=url, headers=(("Origin", origin), ("Cookie", "a=b")))
    return replace(known, target=target, proxy=tuple(map(classify, lines)))


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (case(), True),
        (case(origin="http://127.0.0.1:8081"), False),
        (make_case(proxy="live", direct="live"), False),
        (replace(case(), proxy=make_case(proxy="403", direct="403").proxy), False),
        (replace(case(), proxy=()), False),
    ],
    ids=["another", "its-own", "none", "refused", "not-probed"],
)
def test_it_is_sent_only_for_another_origin(known: Case, needed: bool) -> None:
    assert PREFLIGHT.is_needed(known) is needed


REFUSED = [("cors", "confirmed")]
ANSWERS = {
    "allowed": (answer(204), []),
    "any-origin": (answer(204, Access_Control_Allow_Origin="*"), []),
    "not-routed": (http(405), REFUSED),
    "login-first": (answer(401), REFUSED),
    "another": (answer(204, Access_Control_Allow_Origin="https://b.example"), REFUSED),
    "no-json": (answer(204, Access_Control_Allow_Headers="x-a"), REFUSED),
}


@pytest.mark.parametrize(("told", "causes"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_what_a_browser_would_make_of_it(told: bytes, causes: list[tuple[str, str]]) -> None:
    async with running({"OPTIONS": told}) as server:
        known = case(server.url, APP, APP)
        options = ProbeOptions(headers=known.target.headers)
        follow_ups = await PREFLIGHT.run(known, options)
        asked = server.only("OPTIONS")
    assert asked.headers["origin"] == APP
    assert "cookie" not in asked.headers
    found = diagnose(replace(known, follow_ups=follow_ups))
    assert [(one.id, one.confidence) for one in found.causes] == causes


@pytest.mark.parametrize(("allowed", "blamed"), [((), True), ((APP,), False), (("*",), False)])
def test_the_stream_must_allow_it_too(allowed: tuple[str, ...], blamed: bool) -> None:
    found = diagnose(case(PROXY_URL, APP, *allowed))
    assert ("cors" in {one.id for one in found.causes}) is blamed
