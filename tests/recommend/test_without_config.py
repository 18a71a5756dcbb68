"""Without a config, or with one that does not show who serves the path."""

from dataclasses import replace

import pytest

from tests.recommend.builders import case_of, diagnosis_of, resolution_of
from tests.rules.samples.build import case_of_hops
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.resolution import Doubt
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.recommend import recommend

_UNBUFFERED = "proxy_buffering off;\nproxy_read_timeout 3600s;\n"


def _recommended(case: Case, *ids: str) -> Recommendation:
    recommendation = recommend(case, diagnosis_of(*(ids or ("proxy-buffering-hold",))))
    assert recommendation
    assert recommendation.diff is None
    assert recommendation.insert_at is None
    return recommendation


def _posting(case: Case, endpoint: str = "/message?sessionId=1") -> Case:
    handshake = Handshake("direct", "http://127.0.0.1:12213/sse", endpoint=endpoint)
    return replace(case, handshakes=(handshake,))


def test_the_lines_to_set_are_shown_and_no_location_that_would_lose_the_others() -> None:
    recommendation = _recommended(case_of())
    (part,) = recommendation.parts
    assert (part.action, part.block) == ("set", _UNBUFFERED)
    assert part.where == "set in the location that serves /sse, in place of lines of the same name"
    assert part.where in recommendation.summary
    assert part.where in recommendation.block


def test_a_note_names_the_directives_of_other_modules() -> None:
    assert "uwsgi_pass" in " ".join(_recommended(case_of()).adapt)


def test_a_path_with_a_space_is_named() -> None:
    recommendation = _recommended(Case(Target("http://a/x%20y/sse")))
    assert "/x y/sse" in recommendation.parts[0].where


def test_settings_for_both_paths_are_shown_for_the_messages_too() -> None:
    recommendation = _recommended(_posting(case_of()), "dead-peer-replay")
    stream, messages = recommendation.parts
    assert stream.block == messages.block == "proxy_connect_timeout 3s;\n"
    assert "/sse" in stream.where
    assert "/message" in messages.where


def test_settings_of_one_path_for_both_are_shown_once() -> None:
    case = _posting(case_of(url="http://a/mcp"), "/mcp")
    recommendation = _recommended(case, "proxy-buffering-hold", "header-timeout-504")
    (part,) = recommendation.parts
    assert part.block == _UNBUFFERED


def test_a_header_comes_with_a_note_on_those_that_it_hides() -> None:
    assert "inherits none" in " ".join(_recommended(case_of(), "upgrade-hardcoded").adapt)


@pytest.mark.parametrize("id", ["endpoint-prefix-lost", "message-path-unrouted"])
def test_only_a_path_that_leads_nowhere_gets_a_location(id: str) -> None:
    target = Target("http://a/sse", direct=(Source("http://me:pw@b:1/sse?key=abc", "pod"),))
    recommendation = _recommended(_posting(Case(target)), id)
    (part,) = recommendation.parts
    assert (part.action, part.block) == (
        "insert",
        "location = /message {\n    proxy_pass http://b:1;\n}\n",
    )
    notes = " ".join(recommendation.adapt)
    assert "auth_basic" in notes
    assert "pod" in notes


def test_a_location_for_messages_is_for_those_of_every_session() -> None:
    recommendation = _recommended(_posting(case_of(), "/messages/12345"), "message-path-unrouted")
    assert "location ~ ^/messages/[0-9]+$ {" in recommendation.block
    assert "for this path alone" in " ".join(recommendation.adapt)


def test_without_a_direct_url_the_address_is_a_placeholder() -> None:
    recommendation = _recommended(_posting(Case(Target("http://a/sse"))), "message-path-unrouted")
    assert "proxy_pass http://BACKEND:PORT;" in recommendation.block


@pytest.mark.parametrize(("path", "uri"), [("/sse", ""), ("/app/sse", ":/sse")])
def test_the_address_is_that_of_the_direct_unix_socket(path: str, uri: str) -> None:
    target = Target(f"http://a{path}", direct=(Source("unix:/run/app.sock:/sse"),))
    recommendation = _recommended(Case(target), "location-miss")
    assert f"    proxy_pass http://unix:/run/app.sock{uri};\n" in recommendation.block


def test_a_stream_that_no_location_leads_to_the_backend_gets_one() -> None:
    recommendation = _recommended(case_of(), "location-miss")
    assert "location = /sse {\n    proxy_pass http://127.0.0.1:12213;\n}" in recommendation.block


def test_the_upstream_block_is_not_written_anew() -> None:
    recommendation = _recommended(case_of(), "no-affinity")
    (part,) = recommendation.parts
    assert (part.action, part.block) == ("set", "hash $binary_remote_addr consistent;\n")


def test_a_config_that_does_not_tell_who_answers_counts_as_none() -> None:
    resolution = resolution_of("server { location / { proxy_pass http://b; } }")
    undecided = replace(resolution, doubt=Doubt("condition", "an if decides it"))
    recommendation = _recommended(case_of(undecided))
    assert recommendation.parts == _recommended(case_of()).parts


def test_lines_for_one_of_several_proxies_name_it_and_leave_the_others_alone() -> None:
    case = case_of_hops(outside="held", edge="held", inner="live")
    case = replace(case, resolution=resolution_of("server { location / { proxy_pass http://b; } }"))
    recommendation = recommend(case, diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    assert recommendation.diff is None
    assert recommendation.parts[0].action == "set"
    assert "edge" in recommendation.adapt[0]


def test_another_server_than_nginx_gets_no_block() -> None:
    probe = Probe("root-proxy", "http://a/")
    for server, is_nginx in (("Caddy", False), ("nginx/1.22.1", True)):
        answer = Timeline(probe, status=200, headers_s=0.01, headers=(("server", server),))
        case = replace(case_of(), root=answer)
        assert bool(recommend(case, diagnosis_of("proxy-buffering-hold"))) == is_nginx
    style = replace(case_of().target, style="npm")
    case = replace(case, target=style)
    assert recommend(case, diagnosis_of("proxy-buffering-hold")), "the user says what it is"


def test_a_config_that_does_not_serve_the_path_is_reported() -> None:
    resolution = resolution_of("server { location / { root /x; } }")
    for wrong in (replace(resolution, location=None), replace(resolution, upstream=None)):
        assert "is it the one in use?" in _recommended(case_of(wrong)).adapt[0]
