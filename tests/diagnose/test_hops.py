"""Where the stream is lost between the places at which it was entered."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
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
from wizard.diagnose.outcome import classify
from wizard.model.case import Case, ProbeResult
from wizard.model.target import Hop, Source, Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Vantage

EDGE, INNER = "http://edge/sse", "http://inner/sse"
HOPS = (Hop("edge", Source(EDGE)), Hop("inner", Source(INNER)))
INMOST = "live direct, held at inner: it is inner, or what stands behind it"
WEB, POD = Vantage("web", ("ssh", "web")), Vantage("pod", ("ssh", "pod"))


def at(kind: str, name: str = "sse-direct", hop: str = "", vantage: str = "local") -> ProbeResult:
    """A probe of a sample case, seen at another place."""
    made = make_case(proxy="held" if kind == "not-asked" else kind, direct="live").proxy[0]
    probe = replace(
        made.timeline.probe, name=name, hop=hop, vantage=vantage, url=f"http://{hop}/sse"
    )
    line: Timeline = replace(made.timeline, probe=probe)
    if kind == "not-asked":
        line = replace(line, ended="unreached", detail="web: no such place")
    return classify(
        line, [result.timeline for result in make_case(proxy="live", direct="live").direct]
    )


def chain(outside: str, edge: str, inner: str, direct: str = "live") -> Case:
    """Two hops between the URL and the backend; no config, no logs."""
    made = make_case(proxy=outside, direct=direct)
    hops = (at(edge, "sse-hop", "edge"), at(inner, "sse-hop", "inner"))
    target = replace(made.target, hops=HOPS, conf=None)
    return replace(
        made,
        target=target,
        hops=hops,
        resolution=None,
        root_resolution=None,
        predictions=(),
        logs=(),
    )


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (
            ("held", "held", "held"),
            INMOST,
        ),
        (("held", "held", "live"), "live at inner, held at edge: it is edge"),
        (
            ("held", "live", "live"),
            "live at edge, held outside: it is what stands in front of edge",
        ),
        (("live", "live", "live"), ""),
        (("live", "held", "live"), ""),  # the edge is not on the way
        (("held", "live", "held"), ""),  # neither is the inner one
        (("502", "502", "live"), "live at inner, HTTP 502 at edge: it is edge"),
    ],
)
def test_the_first_place_where_it_dies_is_named(states: tuple[str, str, str], said: str) -> None:
    assert describe_failing_hop(chain(*states)) == said


def test_held_everywhere_is_lost_nowhere() -> None:
    assert first_failing_hop(chain("held", "held", "held", "held")) is None


def test_without_hops_it_is_this_nginx() -> None:
    conf = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
    case = make_case(proxy="held", direct="live", conf=conf)
    assert describe_failing_hop(case) == "live direct, held outside: it is this Nginx"
    assert narrow_to_hop(case) is case


def test_without_its_config_it_is_whatever_stands_between() -> None:
    """Or with one that lets the stream pass: then it is not this Nginx."""
    case = replace(make_case(proxy="held", direct="live"), resolution=None, predictions=())
    assert describe_failing_hop(case) == "live direct, held outside: it is what stands between"


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("held", "held", "not-asked"), "it is edge or inner (inner could not tell)"),
        (("held", "not-asked", "live"), "it is what is in front or edge (edge could not tell)"),
        (("held", "404", "live"), "it is what is in front or edge (edge could not tell)"),
        (("held", "held", "404"), "it is edge or inner (inner could not tell)"),
    ],
)
def test_a_hop_that_says_nothing_may_be_the_one(states: tuple[str, str, str], said: str) -> None:
    """It was not reached, or fails otherwise than what customers see: a wrong path, say."""
    case = chain(*states)
    assert describe_failing_hop(case).endswith(said)
    assert diagnose(case).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("held", "live", "held"), "live at edge, held at inner: is inner on the way"),
        (("live", "live", "held"), "live at edge, held at inner: is inner on the way"),
        (("live", "held", "live"), "live outside, held at edge: is edge on the way"),
        (("held", "held", "live"), ""),
        (("live", "live", "live"), ""),
    ],
)
def test_places_that_do_not_fit_together_are_doubted(
    states: tuple[str, str, str], said: str
) -> None:
    case = chain(*states)
    assert describe_contradiction(case).startswith(said)
    assert bool(describe_contradiction(case)) == bool(said)
    assert bool(diagnose(case).notes and said and "on the way" in diagnose(case).notes[0]) == bool(
        said
    )


def test_the_hop_with_the_public_address_is_the_outermost() -> None:
    case = chain("held", "held", "held")
    hops = (Hop("inner", Source(INNER)), Hop("edge", Source(case.target.url)))
    case = replace(case, target=replace(case.target, hops=hops))
    assert "edge has the public URL's own address" in describe_contradiction(case)
    assert describe_failing_hop(case) == ""


@pytest.mark.parametrize(
    ("states", "sure", "verdict"),
    [
        (("held", "held", "live"), "confirmed", "fault"),
        (("held", "live", "live"), "likely", "fault"),
    ],
)
def test_the_outer_proxy_is_named(states: tuple[str, str, str], sure: str, verdict: str) -> None:
    found = diagnose(chain(*states))
    assert found.verdict == verdict
    assert [(one.id, one.confidence) for one in found.causes] == [("outer-proxy-buffers", sure)]


def test_the_config_of_another_proxy_accuses_nobody() -> None:
    """The inner config would hold; but live there, and held at the edge."""
    held = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
    case = replace(
        chain("held", "held", "live"),
        resolution=held.resolution,
        root_resolution=held.root_resolution,
    )
    target = replace(case.target, conf=Source("nginx.conf"))
    assert [one.id for one in diagnose(replace(case, target=target)).causes] == [
        "outer-proxy-buffers"
    ]


def test_the_inmost_proxy_is_in_front_of_none() -> None:
    found = diagnose(chain("held", "held", "held"))
    assert "outer-proxy-buffers" not in [one.id for one in found.causes]


def test_between_two_direct_places_nothing_is_sure() -> None:
    """Held from the Nginx pod, live in the service's pod: a mesh, or another backend."""
    made = make_case(proxy="held", direct="live")
    direct = (at("live", vantage="pod"), at("held", vantage="web"))
    found = diagnose(
        replace(made, direct=direct, resolution=None, root_resolution=None, predictions=())
    )
    assert found.verdict == "inconclusive"
    said = "live direct from pod, held at direct from web: it is what stands between web and the"
    assert said in found.summary


def test_places_come_outermost_first() -> None:
    made = chain("held", "held", "live")
    direct = (at("live", vantage="pod"), at("held", vantage="web"))
    names = [hop_result.name for hop_result in results_by_hop(replace(made, direct=direct))]
    assert names == ["outside", "edge", "inner", "direct from web", "direct from pod"]


@pytest.mark.parametrize(
    ("conf", "hop"),
    [(None, "inner"), (Source("nginx.conf"), "inner"), (Source("", "web"), "edge")],
)
def test_whose_config_it_is(conf: Source | None, hop: str) -> None:
    hops = (Hop("edge", Source(EDGE, "web")), Hop("inner", Source(INNER)))
    assert hop_of_config(Target("http://h/sse", conf=conf, hops=hops, vantages=(WEB,))) == hop
    assert hop_of_config(Target("http://h/sse", conf=conf)) == ""


@pytest.mark.parametrize(
    ("direct", "conf", "known"),
    [
        ("local", "local", True),
        ("web", "web", True),
        ("web", "local", False),
        ("local", "web", False),
    ],
)
def test_the_loopback_of_one_host_is_not_that_of_another(
    direct: str, conf: str, known: bool
) -> None:
    made = make_case(proxy="held", direct="live")
    results = tuple(
        replace(
            result,
            timeline=replace(result.timeline, probe=replace(result.timeline.probe, vantage=direct)),
        )
        for result in made.direct
    )
    target = replace(made.target, conf=Source("nginx.conf", conf))
    case = replace(made, direct=results, target=target, root=None)
    assert bool(addresses.same_backend_reason(case)) == known
    assert addresses.other_backend(case) == ""


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (
            ("held", "held", "not-asked"),
            "inner could not be asked (web: no such place): --hop inner=",
        ),
        (("held", "404", "live"), "edge gives another answer than the public URL (HTTP 404)"),
        (("live", "404", "live"), "edge gives another answer than the public URL (HTTP 404)"),
        (("502", "502", "live"), ""),
        (("held", "held", "live"), ""),
    ],
)
def test_what_to_do_about_a_hop_that_says_nothing(states: tuple[str, str, str], said: str) -> None:
    found = describe_unclear_hops(chain(*states))
    assert [one.startswith(said) for one in found] == [True] * bool(said)
    assert set(found) <= set(diagnose(chain(*states)).notes)


def test_one_place_named_twice_is_in_no_wrong_order() -> None:
    case = chain("held", "held", "held")
    hops = (Hop("a", Source(case.target.url)), Hop("b", Source(case.target.url)))
    assert describe_contradiction(replace(case, target=replace(case.target, hops=hops))) == ""


def test_a_config_that_does_not_listen_at_the_hop_is_anothers() -> None:
    """One hop is named, and the config is that of a proxy behind it."""
    held = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
    assert held.resolution is not None
    case = replace(
        chain("held", "held", "held"), resolution=replace(held.resolution, listens=False)
    )
    assert narrow_to_hop(case).resolution is None
    assert diagnose(case).verdict == "inconclusive"
    assert describe_failing_hop(case).endswith("or what stands behind it")
