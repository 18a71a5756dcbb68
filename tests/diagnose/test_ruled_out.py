"""What is ruled out beside a cause that holds the stream."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case

SETTINGS = {"proxy_buffering": "on"}


def ruled_out(case: Case) -> tuple[str, ...]:
    """What is ruled out beside the first cause."""
    return diagnose(case).causes[0].ruled_out


def test_a_stream_that_every_variant_holds_is_held_by_none_of_them() -> None:
    case = make_case(proxy="held", direct="live", settings=SETTINGS)
    backend, compression, network = ruled_out(case)
    assert backend.startswith("the backend")
    assert compression.startswith("compression")
    assert network.startswith("the network")


def test_beside_a_cause_that_is_only_possible_nothing_is_ruled_out() -> None:
    case = make_case(proxy="held", direct="live", settings=SETTINGS)
    assert ruled_out(replace(case, direct=())) == ()


def test_the_network_is_ruled_out_by_a_quick_answer_of_the_root_path_alone() -> None:
    case = make_case(proxy="held", direct="live", settings=SETTINGS)
    assert case.root is not None
    for root in (None, replace(case.root, headers_s=1.2)):
        assert not any("network" in text for text in ruled_out(replace(case, root=root)))


def test_nothing_is_ruled_out_where_one_variant_is_live() -> None:
    settings = SETTINGS | {"gzip": "on", "gzip_types": "*"}
    case = make_case(proxy="live", proxy_gzip="held", direct="live", settings=settings)
    assert all(not cause.ruled_out for cause in diagnose(case).causes)
