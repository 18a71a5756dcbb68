"""Which paths belong together because they differ in an id alone."""

import re

import pytest

from wizard.recommend.family import family_of

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("path", "shown", "sibling", "other"),
    [
        (
            "/threads/a1/stream",
            "/threads/{id}/stream",
            "/threads/b2/stream",
            "/threads/b2/x/stream",
        ),
        ("/users/42/events", "/users/{id}/events", "/users/7/events", "/users/7/event"),
        (f"/r/{UUID}/sse", "/r/{id}/sse", f"/r/{UUID[::-1]}/sse", "/r//sse"),
        (f"/messages/{UUID}", "/messages/{id}", f"/messages/{UUID.upper()}", "/messages/all"),
        ("/messages/00deadbeef", "/messages/{id}", "/messages/0123456789ab", "/messages/feed"),
        ("/stream/a1", "/stream/{id}", "/stream/b2", "/stream/status"),
        ("/stream/1234567890", "/stream/{id}", "/stream/1", "/stream/status"),
        ("/chat/run-7a/", "/chat/{id}/", "/chat/run-8b/", "/chat/run-8b"),
        ("/u/7/rooms/x9/sse", "/u/{id}/rooms/{id}/sse", "/u/8/rooms/y/sse", "/u/8/sse"),
        ("/a.b/42/s", "/a.b/{id}/s", "/a.b/1/s", "/axb/1/s"),
        ("/k/AbCd01234567890123xyz/sse", "/k/{id}/sse", "/k/zz/sse", "/k/sse"),
        ("/{id}/users/42/sse", "/{id}/users/{id}/sse", "/{id}/users/7/sse", "/7/users/42/sse"),
    ],
)
def test_an_id_is_found_and_its_siblings_match(
    path: str, shown: str, sibling: str, other: str
) -> None:
    family = family_of(path)
    assert family
    assert family.shown == shown
    assert re.search(family.pattern, path)
    assert re.search(family.pattern, sibling)
    assert not re.search(family.pattern, other)
    assert any(family.siblings())


@pytest.mark.parametrize(
    "path",
    ["/", "/sse", "/v1/stream", "/api/v2/sse", "/sse2", "/bot1/sse", "/es6/events", "/a/feed/sse",
     "/api/2/stream", "/my-long-service-v2/sse",
     "/users/me/events", "/mcp", "/v1.1/events"],
)  # fmt: skip
def test_a_path_without_an_id_has_no_family(path: str) -> None:
    assert family_of(path) is None


@pytest.mark.parametrize(
    ("pattern", "is_name"),
    [
        (r"^/threads/[^/]+/stream$", True),
        (r"^/threads/(?<id>[\w-]+)/stream$", True),
        (r"^\/threads\/(\d+)\/stream$", True),
        (r"^/threads/[0-9a-f-]{36}/stream$", True),
        (r"^/threads/.+/stream$", False),
        (r"^/threads/[^/]+/stream", False),
        (r"^/threads/", False),
        (r"^/other/[^/]+/stream$", False),
    ],
)
def test_a_location_for_exactly_the_family_is_recognized(pattern: str, is_name: bool) -> None:
    family = family_of("/threads/a1/stream")
    assert family
    assert family.matches_name(pattern) == is_name
