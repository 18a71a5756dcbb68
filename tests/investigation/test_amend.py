"""Which steps no longer hold once something else was given."""

import time
from dataclasses import replace

import pytest

from wizard.investigation.session import Session
from wizard.model.case import StepId
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Vantage

KNOWN = Target("http://h/sse", direct=(Source("http://b/sse"),), conf=Source("nginx.conf"))


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        (replace(KNOWN, direct=(Source("http://c/sse"),)), ["direct"]),
        (replace(KNOWN, conf=None), ["config"]),
        # The config is then asked as the Nginx of another place sees it.
        (replace(KNOWN, hops=(Hop("edge", Source("http://e/sse")),)), ["proxy", "config"]),
        (replace(KNOWN, vantages=(Vantage("web", ("ssh", "web")),)), []),
        (replace(KNOWN, url="http://i/sse"), ["root", "proxy", "direct", "config"]),
        (replace(KNOWN, style="f5"), []),
    ],
)
def test_what_is_to_be_done_again(changed: Target, stale: list[StepId]) -> None:
    assert Session(KNOWN, time.monotonic).amend(changed) == stale
