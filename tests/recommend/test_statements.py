"""Statements with exact offsets in any layout, and arguments that are read back as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.nginx.upstream import escape_uri
from wizard.recommend.source import Statement, read_statements
from wizard.text.config_tokens import quote_argument

_SPACE = st.sampled_from([" ", "\n", "\r\n", "\t", "  \n  ", " # note ; }\n", "\n#{\n"])
_WORD = st.sampled_from(
    [
        "off",
        "http://b:1/x",
        '"a b"',
        "'; }'",
        '"say \\"no\\""',
        "${host}x",
        "$1",
        "a\\;b",
        "a'b",
        "x}",
    ]
)


@st.composite
def configs(draw: st.DrawFn, depth: int = 2) -> tuple[str, list[tuple[str, int]]]:
    """A config's text in any layout, with each directive's name and depth in order."""
    text, names = "", []
    for at in range(draw(st.integers(0, 3))):
        name = f"d{depth}{at}"
        names.append((name, depth))
        words = [name, *draw(st.lists(_WORD, max_size=2))]
        text += draw(_SPACE) + draw(_SPACE).join(words) + draw(st.sampled_from(["", *_GAPS]))
        if depth and draw(st.booleans()):
            inner, more = draw(configs(depth - 1))
            text, names = f"{text}{{{inner}{draw(_SPACE)}}}", names + more
        else:
            text += ";"
    return text, names


_GAPS = [" ", "\n"]


def _names(statements: tuple[Statement, ...], depth: int = 2) -> list[tuple[str, int]]:
    names: list[tuple[str, int]] = []
    for statement in statements:
        if statement.name != "#":
            names += [(statement.name, depth), *_names(statement.children, depth - 1)]
    return names


@given(configs())
def test_every_directive_is_found_at_its_depth_in_any_layout(
    config: tuple[str, list[tuple[str, int]]],
) -> None:
    text, names = config
    assert _names(read_statements(text)) == names


@given(configs())
def test_offsets_delimit_whole_statements(config: tuple[str, list[tuple[str, int]]]) -> None:
    text, _ = config
    for statement in (inner for top in read_statements(text) for inner in top.walk()):
        cut = text[statement.start : statement.end]
        assert cut.startswith(statement.name)
        assert cut.endswith(("}", ";")) or statement.name == "#"
        assert statement.line == text.count("\n", 0, statement.start) + 1
        if statement.opened is not None and statement.closed is not None:
            assert text[statement.opened - 1] == "{"
            assert text[statement.closed] == "}"


def test_a_lua_block_is_one_statement_whatever_it_holds() -> None:
    text = 'content_by_lua_block { if x == "}" then y = {1} end --[[ } ]] -- }\n } next x;'
    assert [statement.name for statement in read_statements(text)] == [
        "content_by_lua_block",
        "next",
    ]


def test_an_unclosed_block_is_left_out_and_deep_nesting_is_read() -> None:
    assert read_statements("a b; http { server {") == read_statements("a b;")
    assert read_statements("x {" * 5000 + "}" * 5000)[0].end == 20000


def test_a_brace_after_a_dollar_belongs_to_the_word() -> None:
    assert read_statements("set $a ${host}b;")[0].args == ("$a", "${host}b")


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
