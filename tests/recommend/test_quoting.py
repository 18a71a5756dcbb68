"""Words that Nginx reads as they are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.nginx.proxy_pass import escape_uri
from wizard.recommend.source import read_statements
from wizard.text.config_tokens import quote_argument


@given(st.text(alphabet="ab/\\\"' ;{}#$\t.(t", min_size=1))
def test_a_quoted_argument_is_read_back_as_one_argument(text: str) -> None:
    read = read_statements(f"location {quote_argument(text)};")[0]
    assert read.values == (text,)


@pytest.mark.parametrize("text", ["/sse", r"^/api\.v1/(.*)$", "/a#b", "/é"])
def test_an_argument_that_needs_no_quotes_gets_none(text: str) -> None:
    assert quote_argument(text) in (text, f'"{text}"')
    assert (quote_argument(text) == text) == ("#" not in text)


def test_a_uri_is_escaped_as_nginx_does_it() -> None:
    assert escape_uri("/a b%?#$é") == "/a%20b%25%3F%23%24%C3%A9"
