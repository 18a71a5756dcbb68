"""Words that Nginx reads as they are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.recommend.config_text import meant, parse, uri, word


@given(st.text(alphabet="ab/\\\"' ;{}#$\t.(t", min_size=1))
def test_a_word_is_one_argument_and_means_the_text(text: str) -> None:
    read = parse(f"location {word(text)};")[0]
    assert [meant(one) for one in read.args] == [text]


@pytest.mark.parametrize("text", ["/sse", r"^/api\.v1/(.*)$", "/a#b", "/é"])
def test_what_needs_no_quotes_gets_none_where_that_is_certain(text: str) -> None:
    assert word(text) in (text, f'"{text}"')
    assert (word(text) == text) == ("#" not in text)


def test_a_uri_is_escaped_as_nginx_does_and_holds_no_variable() -> None:
    assert uri("/a b%?#$é") == "/a%20b%25%3F%23%24%C3%A9"
