"""Without a config, or with one that does not show who serves the path."""

from dataclasses import replace

from tests.recommend.builders import case_of, diagnosis_of, resolution_of
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.target import Source, Target
from wizard.recommend import recommend


def _recommended(case: Case) -> Recommendation:
    recommendation = recommend(case, diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    assert recommendation.diff is None
    assert recommendation.insert_at is None
    return recommendation


def test_the_block_passes_to_the_direct_address_and_lists_what_to_adapt() -> None:
    recommendation = _recommended(case_of())
    assert recommendation.block.startswith(
        "location = /sse {\n    proxy_pass http://127.0.0.1:12213;\n"
    )
    assert "proxy_buffering off;" in recommendation.block
    notes = " ".join(recommendation.adapt)
    assert "auth_basic" in notes
    assert "proxy_pass" in notes


def test_another_path_at_the_backend_is_kept_without_credentials() -> None:
    target = Target("http://a/x%20y/sse", direct=(Source("http://me:pw@b:1/sse?key=abc", "pod"),))
    recommendation = _recommended(Case(target))
    assert 'location = "/x y/sse" {' in recommendation.block
    assert "proxy_pass http://b:1/sse;" in recommendation.block
    assert "pod" in " ".join(recommendation.adapt)


def test_without_a_direct_url_the_address_is_a_placeholder() -> None:
    assert "proxy_pass http://BACKEND:PORT;" in _recommended(Case(Target("http://a/sse"))).block


def test_a_config_that_does_not_serve_the_path_is_reported() -> None:
    resolution = resolution_of("server { location / { root /x; } }")
    for wrong in (replace(resolution, location=None), replace(resolution, upstream=None)):
        assert "is it the one in use?" in _recommended(case_of(wrong)).adapt[0]
