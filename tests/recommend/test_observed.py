"""Without a config, or with one that does not show who serves the path."""

from dataclasses import replace

from tests.recommend.sites import case, diagnosis, resolution
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.target import Source, Target
from wizard.recommend import recommend


def _made(known: Case) -> Recommendation:
    made = recommend(known, diagnosis("proxy-buffering-hold"))
    assert made
    assert made.diff is None
    assert made.insert_at is None
    return made


def test_the_direct_address_is_taken_and_the_reader_told_what_to_adapt() -> None:
    made = _made(case())
    assert made.block.startswith("location = /sse {\n    proxy_pass http://127.0.0.1:12213;\n")
    assert "proxy_buffering off;" in made.block
    said = " ".join(made.adapt)
    assert "auth_basic" in said
    assert "proxy_pass" in said


def test_another_path_at_the_backend_is_kept_and_credentials_are_not() -> None:
    target = Target("http://a/x%20y/sse", direct=(Source("http://me:pw@b:1/sse?key=abc", "pod"),))
    made = _made(Case(target))
    assert 'location = "/x y/sse" {' in made.block
    assert "proxy_pass http://b:1/sse;" in made.block
    assert "pod" in " ".join(made.adapt)


def test_without_a_direct_url_the_address_is_left_to_the_reader() -> None:
    assert "proxy_pass http://BACKEND:PORT;" in _made(Case(Target("http://a/sse"))).block


def test_a_config_that_does_not_serve_the_path_is_said_to() -> None:
    known = resolution("server { location / { root /x; } }")
    for wrong in (replace(known, location=None), replace(known, upstream=None)):
        assert "is it the one in use?" in _made(case(wrong)).adapt[0]
