"""The layout reader: offsets that edits can rely on, whatever the layout."""

from hypothesis import given
from hypothesis import strategies as st

from wizard.recommend.source import Statement, read_statements

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
    found: list[tuple[str, int]] = []
    for one in statements:
        if one.name != "#":
            found += [(one.name, depth), *_names(one.children, depth - 1)]
    return found


@given(configs())
def test_every_directive_is_found_at_its_depth_in_any_layout(
    made: tuple[str, list[tuple[str, int]]],
) -> None:
    text, names = made
    assert _names(read_statements(text)) == names


@given(configs())
def test_offsets_delimit_whole_statements(made: tuple[str, list[tuple[str, int]]]) -> None:
    text, _ = made
    for one in (inner for top in read_statements(text) for inner in top.walk()):
        cut = text[one.start : one.end]
        assert cut.startswith(one.name)
        assert cut.endswith(("}", ";")) or one.name == "#"
        assert one.line == text.count("\n", 0, one.start) + 1
        if one.opened is not None and one.closed is not None:
            assert text[one.opened - 1] == "{"
            assert text[one.closed] == "}"


def test_a_lua_block_is_one_statement_whatever_it_holds() -> None:
    text = 'content_by_lua_block { if x == "}" then y = {1} end --[[ } ]] -- }\n } next x;'
    assert [one.name for one in read_statements(text)] == ["content_by_lua_block", "next"]


def test_an_unclosed_block_is_left_out_and_deep_nesting_is_read() -> None:
    assert read_statements("a b; http { server {") == read_statements("a b;")
    assert read_statements("x {" * 5000 + "}" * 5000)[0].end == 20000


def test_a_brace_after_a_dollar_belongs_to_the_word() -> None:
    assert read_statements("set $a ${host}b;")[0].args == ("$a", "${host}b")
