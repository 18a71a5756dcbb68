"""The config tokenizer: the words and lines of crossplane, with offsets; and the quoting."""

from collections.abc import Iterator
from pathlib import Path

import crossplane
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.recommend.config_layouts import LAYOUTS
from wizard.lab.scenario import list_scenarios, nginx_conf
from wizard.text.config_redaction import has_secrets
from wizard.text.config_tokens import Token, TokenKind, quote_argument, tokenize, unescape_argument

REAL = Path(__file__).parents[1] / "nginx" / "real"
PATHS = (Path("/lab/cert.pem"), Path("/lab/key.pem"))
CONFIGS = {
    **{path.name: path.read_text() for path in REAL.iterdir() if path.suffix != ".md"},
    **{scenario.name: nginx_conf(scenario, 1, 2, 3, PATHS) for scenario in list_scenarios()},
    **{f"layout-{scenario.name}": scenario.text for scenario in LAYOUTS},
}
CONFIG_TEXT = st.text(alphabet="ab/\\\"' ;{}#$\n\r\t.(t")


def crossplane_words(path: Path) -> list[tuple[str, int, bool]]:
    """Crossplane's words with line and quotedness; comments left out."""
    return [
        (unescape_argument(text), line, is_quoted)
        for text, line, is_quoted in crossplane.lex(str(path))
        if is_quoted or not text.startswith("#")
    ]


def tokenized_words(text: str) -> Iterator[tuple[str, int, bool]]:
    """The same of our tokens; a Lua block in the form of crossplane: one quoted word, then `;`."""
    tokens = [token for token in tokenize(text) if token.kind is not TokenKind.COMMENT]
    is_lua = [token.kind is TokenKind.LUA for token in tokens]
    for at, token in enumerate(tokens):
        if is_lua[at]:
            last_line = token.line + token.text.count("\n")
            yield from ((unescape_argument(token.text), last_line, True), (";", last_line, False))
        elif not any(is_lua[max(at - 1, 0) : at + 2]):
            yield unescape_argument(token.bare), token.line, token.is_quoted


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS.keys())
def test_words_and_lines_are_those_of_crossplane(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(text)
    assert list(tokenized_words(text)) == crossplane_words(path)


@given(CONFIG_TEXT)
@example("a 'b\nc' # d\n{}")
def test_offsets_and_lines_are_those_of_the_text(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert text[token.start : token.end] == token.text
        assert token.line == text.count("\n", 0, token.start) + 1
        assert not text[end : token.start].strip(" \t\r\n")
        end = token.end
    assert not text[end:].strip(" \t\r\n")


def kinds(text: str) -> list[tuple[TokenKind, str]]:
    return [(token.kind, token.text) for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b;c", ["a", "b", ";", "c"]),
        ("set $a ${host}b;", ["set", "$a", "${host}b", ";"]),
        ("location ~ a{", ["location", "~", "a", "{"]),
        ("a x};", ["a", "x}", ";"]),
        ("a b#c;", ["a", "b#c", ";"]),
        ("a b # c; }\nd", ["a", "b", "# c; }", "d"]),
        (r"a b\;c\ d;", ["a", r"b\;c\ d", ";"]),
        ("a 'b;}' \"c d\";", ["a", "'b;}'", '"c d"', ";"]),
        (r'a "say \"no\"" b;', ["a", r'"say \"no\""', "b", ";"]),
        ("a b'c d", ["a", "b'c", "d"]),
        ("a 'never closed; b", ["a", "'never", "closed", ";", "b"]),
        ("a \\", ["a", "\\"]),
    ],
)
def test_a_word_ends_where_nginx_ends_it(text: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(text)] == words


def test_the_inside_of_a_lua_block_is_one_token() -> None:
    lua = ' if x == "}" then y = {1} end --[[ } ]] -- }\n '
    text = f"content_by_lua_block {{{lua}}} next x;"
    assert kinds(text)[1:4] == [
        (TokenKind.OPEN, "{"),
        (TokenKind.LUA, lua),
        (TokenKind.CLOSE, "}"),
    ]
    assert next(token for token in tokenize(text) if token.text == "next").line == 2
    assert all(token.kind is not TokenKind.LUA for token in tokenize(text, lua_blocks=False))


def test_a_lua_block_without_an_end_goes_up_to_the_end_of_the_text() -> None:
    assert kinds("a_by_lua_block { x = {} ; y")[-1] == (TokenKind.LUA, " x = {} ; y")
    assert kinds("a_by_lua_block {}")[1:] == [(TokenKind.OPEN, "{"), (TokenKind.CLOSE, "}")]


def test_a_comment_can_be_read_like_a_config() -> None:
    text = "# set $a b; # c"
    assert kinds(text) == [(TokenKind.COMMENT, text)]
    inside = [token.text for token in tokenize(text, whole_comments=False)]
    assert inside == ["#", "set", "$a", "b", ";", "#", "c"]


def test_no_comment_exhausts_the_stack() -> None:
    assert not has_secrets("#" * 20_000 + " #" * 20_000)
    assert has_secrets(" #" * 20_000 + " set $api_token abcdef;")


def only(text: str) -> Token:
    (token,) = tokenize(text)
    return token


@given(st.text(alphabet="ab/\\\"' ;{}#$\t.(t", min_size=1))
def test_a_quoted_value_is_one_argument_with_that_value(value: str) -> None:
    assert unescape_argument(only(quote_argument(value)).bare) == value


@pytest.mark.parametrize("value", ["/sse", r"^/api\.v1/(.*)$", "/a{2}", "/a#b", "/a b", "é"])
def test_a_value_gets_quotes_only_where_nginx_needs_them(value: str) -> None:
    needs_quotes = any(char in value for char in " {#")
    assert quote_argument(value) == (f'"{value}"' if needs_quotes else value)


@pytest.mark.parametrize(
    "lua",
    [
        'x = "}"',
        "x = '\\'}'",
        "x = [[ } ]]",
        "x = [==[ ]] } ]==]",
        "-- }\n",
        "--[==[ \n} ]==]",
        "{}",
    ],
)
def test_a_brace_in_a_lua_string_or_comment_does_not_end_the_block(lua: str) -> None:
    text = f"a_by_lua_block {{{lua}}} next;"
    assert [token.text for token in tokenize(text)] == [
        *("a_by_lua_block", "{", lua, "}", "next", ";")
    ]


@pytest.mark.parametrize("lua", ["--[[ \n", "[[ ", '"\\', "'\\'", "[=[ ]] ", "--[=[ }"])
def test_no_lua_block_makes_reading_slow(lua: str) -> None:
    """Each of these would take minutes if every start were followed to the end of the text."""
    assert list(tokenize(f"a_by_lua_block {{{lua * 50_000}"))
