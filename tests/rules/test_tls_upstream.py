"""TLS towards the backend, told by the scheme over which its address answers."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.diagnose.rules.tls_upstream_mismatch import settings
from wizard.model.case import Case


def case_of(passed: str, direct: str, *, proxy: str, address: str = "127.0.0.1:12213") -> Case:
    """A case whose direct probes asked over the scheme `direct`."""
    conf = f"server {{ listen 8081; location / {{ proxy_pass {passed}://{address}; }} }}"
    case = make_case(proxy=proxy, direct="live", conf=conf)
    url = f"{direct}://127.0.0.1:12213/sse"
    timelines = [
        replace(each.timeline, probe=replace(each.timeline.probe, url=url)) for each in case.direct
    ]
    proxied = tuple(classify(each.timeline, timelines) for each in case.proxy)
    return replace(case, direct=tuple(map(classify, timelines)), proxy=proxied)


@pytest.mark.parametrize("proxy", ["held", "502", "504", "400", "closed"])
@pytest.mark.parametrize(("passed", "direct"), [("https", "http"), ("http", "https")])
def test_the_address_answers_over_the_other_scheme(passed: str, direct: str, proxy: str) -> None:
    cause = diagnose(case_of(passed, direct, proxy=proxy)).causes[0]
    assert (cause.id, cause.confidence) == ("tls-upstream-mismatch", "confirmed")
    assert cause.fix.summary.startswith(f"proxy_pass {direct}://")
    case = case_of(passed, direct, proxy=proxy)
    assert settings(case, case.resolution) == (), "a name in the handshake cures no wrong scheme"


@pytest.mark.parametrize(
    "case",
    [
        case_of("https", "https", proxy="502"),
        case_of("https", "http", proxy="502", address="127.0.0.1:12214"),
        case_of("https", "http", proxy="live"),
        case_of("https", "http", proxy="401"),
    ],
    ids=["same-scheme", "another-port", "served", "answered"],
)
def test_it_is_not_named_where_nothing_shows_it(case: Case) -> None:
    causes = [cause for cause in diagnose(case).causes if cause.confidence == "confirmed"]
    assert "tls-upstream-mismatch" not in {cause.id for cause in causes}
