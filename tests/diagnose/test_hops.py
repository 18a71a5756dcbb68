"""Comparison of hops: where the stream stops, and what to say of hops that do not show it."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import case_of_hops, make_case, result_at
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts import addresses
from wizard.diagnose.hops import (
    describe_contradiction,
    describe_failing_hop,
    describe_unclear_hops,
    first_failing_hop,
    hop_of_config,
    narrow_to_hop,
    results_by_hop,
)
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Vantage

EDGE, INNER = "http://edge/sse", "http://inner/sse"
INNERMOST = "live direct, held at inner: it is inner, or what stands behind it"
WEB, POD = Vantage("web", ("ssh", "web")), Vantage("pod", ("ssh", "pod"))


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (
            ("held", "held", "held"),
            INNERMOST,
        ),
        (("held", "held", "live"), "live at inner, held at edge: it is edge"),
        (
            ("held", "live", "live"),
            "live at edge, held outside: it is what stands in front of edge",
        ),
        (("live", "live", "live"), ""),
        (("live", "held", "live"), ""),  # the edge is not on the path
        (("held", "live", "held"), ""),  # neither is the inner one
        (("502", "502", "live"), "live at inner, HTTP 502 at edge: it is edge"),
    ],
)
def test_the_first_failing_hop_is_named(states: tuple[str, str, str], text: str) -> None:
    assert describe_failing_hop(case_of_hops(*states)) == text


def test_a_live_hop_tells_without_a_direct_url() -> None:
    whole = case_of_hops("held", "live", "live")
    case = replace(whole, direct=(), hops=whole.hops[:1])
    assert [hop.kind for hop in results_by_hop(case)] == ["outside", "hop"]
    assert narrow_to_hop(case).first_failing_hop is not None
    assert diagnose(case).causes[0].id == "outer-proxy-buffers"


def test_held_at_every_hop_has_no_failing_hop() -> None:
    assert first_failing_hop(case_of_hops("held", "held", "held", "held")) is None


def test_without_hops_it_is_this_nginx() -> None:
    conf = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
    case = make_case(proxy="held", direct="live", conf=conf)
    assert describe_failing_hop(case) == "live direct, held outside: it is this Nginx"
    assert narrow_to_hop(case) is case


def test_without_the_config_it_is_what_stands_between() -> None:
    """The same with a config that delivers the stream: then it is not this Nginx."""
    case = replace(make_case(proxy="held", direct="live"), resolution=None, predictions=())
    assert describe_failing_hop(case) == "live direct, held outside: it is what stands between"


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (("held", "held", "not-asked"), "it is edge or inner (inner could not tell)"),
        (("held", "not-asked", "live"), "it is what is in front or edge (edge could not tell)"),
        (("held", "404", "live"), "it is what is in front or edge (edge could not tell)"),
        (("held", "held", "404"), "it is edge or inner (inner could not tell)"),
    ],
)
def test_an_unclear_hop_may_be_the_failing_one(states: tuple[str, str, str], text: str) -> None:
    """It was not reached, or it fails in another way than the public URL, as with a wrong path."""
    case = case_of_hops(*states)
    assert describe_failing_hop(case).endswith(text)
    assert diagnose(case).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (("held", "live", "held"), "live at edge, held at inner: is inner on the way"),
        (("live", "live", "held"), "live at edge, held at inner: is inner on the way"),
        (("live", "held", "live"), "live outside, held at edge: is edge on the way"),
        (("held", "held", "live"), ""),
        (("live", "live", "live"), ""),
    ],
)
def test_contradicting_hops_are_questioned(states: tuple[str, str, str], text: str) -> None:
    case = case_of_hops(*states)
    assert describe_contradiction(case).startswith(text)
    assert bool(describe_contradiction(case)) == bool(text)
    assert bool(diagnose(case).notes and text and "on the way" in diagnose(case).notes[0]) == bool(
        text
    )


def test_a_hop_with_the_public_address_must_come_first() -> None:
    case = case_of_hops("held", "held", "held")
    hops = (Hop("inner", Source(INNER)), Hop("edge", Source(case.target.url)))
    case = replace(case, target=replace(case.target, hops=hops))
    assert "edge has the public URL's own address" in describe_contradiction(case)
    assert describe_failing_hop(case) == ""


@pytest.mark.parametrize(
    ("states", "confidence", "verdict"),
    [
        (("held", "held", "live"), "confirmed", "fault"),
        (("held", "live", "live"), "likely", "fault"),
    ],
)
def test_the_outer_proxy_is_the_cause(
    states: tuple[str, str, str], confidence: str, verdict: str
) -> None:
    diagnosis = diagnose(case_of_hops(*states))
    assert diagnosis.verdict == verdict
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("outer-proxy-buffers", confidence)
    ]


def test_the_config_of_another_proxy_proves_nothing() -> None:
    """The inner config would hold the stream, which is live there and held at the edge."""
    held = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
    case = replace(
        case_of_hops("held", "held", "live"),
        resolution=held.resolution,
        root_resolution=held.root_resolution,
    )
    target = replace(case.target, conf=Source("nginx.conf"))
    assert [cause.id for cause in diagnose(replace(case, target=target)).causes] == [
        "outer-proxy-buffers"
    ]


def test_the_innermost_proxy_is_not_an_outer_one() -> None:
    diagnosis = diagnose(case_of_hops("held", "held", "held"))
    assert "outer-proxy-buffers" not in [cause.id for cause in diagnosis.causes]


def test_between_two_direct_urls_nothing_is_sure() -> None:
    """Held from the Nginx pod and live in the service's pod: a mesh, or another backend."""
    case = make_case(proxy="held", direct="live")
    direct = (result_at("live", vantage="pod"), result_at("held", vantage="web"))
    diagnosis = diagnose(
        replace(case, direct=direct, resolution=None, root_resolution=None, predictions=())
    )
    assert diagnosis.verdict == "inconclusive"
    text = "live direct from pod, held at direct from web: it is what stands between web and the"
    assert text in diagnosis.summary


def test_hops_come_outermost_first() -> None:
    case = case_of_hops("held", "held", "live")
    direct = (result_at("live", vantage="pod"), result_at("held", vantage="web"))
    names = [hop_result.name for hop_result in results_by_hop(replace(case, direct=direct))]
    assert names == ["outside", "edge", "inner", "direct from web", "direct from pod"]


@pytest.mark.parametrize(
    ("conf", "hop"),
    [(None, "inner"), (Source("nginx.conf"), "inner"), (Source("", "web"), "edge")],
)
def test_the_hop_of_the_config(conf: Source | None, hop: str) -> None:
    hops = (Hop("edge", Source(EDGE, "web")), Hop("inner", Source(INNER)))
    assert hop_of_config(Target("http://h/sse", conf=conf, hops=hops, vantages=(WEB,))) == hop
    assert hop_of_config(Target("http://h/sse", conf=conf)) == ""


@pytest.mark.parametrize(
    ("direct", "conf", "expected"),
    [
        ("local", "local", True),
        ("web", "web", True),
        ("web", "local", False),
        ("local", "web", False),
    ],
)
def test_loopback_addresses_of_two_hosts_differ(direct: str, conf: str, expected: bool) -> None:
    case = make_case(proxy="held", direct="live")
    results = tuple(
        replace(
            result,
            timeline=replace(result.timeline, probe=replace(result.timeline.probe, vantage=direct)),
        )
        for result in case.direct
    )
    target = replace(case.target, conf=Source("nginx.conf", conf))
    case = replace(case, direct=results, target=target, root=None)
    assert bool(addresses.same_backend_reason(case)) == expected
    assert addresses.other_backend(case) == ""


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (
            ("held", "held", "not-asked"),
            "inner could not be asked (web: no such place): --hop inner=",
        ),
        (("held", "404", "live"), "edge sends another answer than the public URL (HTTP 404)"),
        (("live", "404", "live"), "edge sends another answer than the public URL (HTTP 404)"),
        (("502", "502", "live"), ""),
        (("held", "held", "live"), ""),
    ],
)
def test_advice_about_an_unclear_hop(states: tuple[str, str, str], text: str) -> None:
    notes = describe_unclear_hops(case_of_hops(*states))
    assert [note.startswith(text) for note in notes] == [True] * bool(text)
    assert set(notes) <= set(diagnose(case_of_hops(*states)).notes)


def test_the_public_url_named_twice_is_not_a_wrong_order() -> None:
    case = case_of_hops("held", "held", "held")
    hops = (Hop("a", Source(case.target.url)), Hop("b", Source(case.target.url)))
    assert describe_contradiction(replace(case, target=replace(case.target, hops=hops))) == ""


def test_a_config_that_does_not_listen_at_the_hop_belongs_to_another_proxy() -> None:
    """The config may belong to a proxy behind the hop that is named."""
    held = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
    assert held.resolution is not None
    case = replace(
        case_of_hops("held", "held", "held"), resolution=replace(held.resolution, listens=False)
    )
    assert narrow_to_hop(case).resolution is None
    assert diagnose(case).verdict == "inconclusive"
    assert describe_failing_hop(case).endswith("or what stands behind it")
