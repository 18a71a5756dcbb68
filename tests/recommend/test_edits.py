"""Whatever the layout of the config, the edit adds the block and changes nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from tests.recommend.builders import resolution_of
from wizard.model.change import Change
from wizard.recommend.carve import fix_path
from wizard.recommend.patch import apply_edits
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import Statement, read_statements

_GAP = st.sampled_from(["", " ", "\n", "\r\n\t", " # why;\n", "\n\n  # it } is\n"])
_LINES = ("proxy_pass http://b;", "proxy_set_header X 'a;b';", "if ($x) {return 403;}", "deny all;")
_CHANGE = Change("proxy_buffering", "off", "the reason")


@st.composite
def texts(draw: st.DrawFn, location: str) -> str:
    """A server with a serving location among others."""

    def around(*parts: str) -> str:
        return "".join(draw(_GAP) + part for part in parts) + draw(_GAP)

    lines = draw(st.permutations(_LINES))
    extra = draw(st.sampled_from(["", "location /img { return 204; }", "proxy_buffering on;"]))
    serving = f"location {location} {{{around(*lines, extra)}}}"
    other = draw(st.sampled_from(["", "location = /x { return 204; }"]))
    return around("http {", "server {", "listen 80;", other, serving, other and "root x;", "}", "}")


def _tree(statements: tuple[Statement, ...]) -> list[object]:
    """Names and arguments alone: the meaning without the layout."""
    return [(s.name, s.args, _tree(s.children)) for s in statements if s.name != "#"]


def _locations(text: str) -> list[Statement]:
    return [
        statement
        for top in read_statements(text)
        for statement in top.walk()
        if statement.name == "location"
    ]


def _after(text: str, location: str) -> str:
    resolution = resolution_of(text, location)
    assert resolution.location
    fix = fix_path(resolution, resolution.location, Rewrite.of([_CHANGE]), "")
    assert fix
    return apply_edits(text, fix.blocks[0].edits)


@given(texts("/"))
def test_only_the_carved_block_is_added(text: str) -> None:
    new = _after(text, "/")
    carved = next(block for block in _locations(new) if block.args == ("=", "/sse"))
    rest = read_statements(new[: carved.start] + new[carved.end :])
    assert _tree(rest) == _tree(read_statements(text))
    names = [line.name for line in carved.children if line.name != "#"]
    assert sorted(names) == ["deny", "if", "proxy_buffering", "proxy_pass", "proxy_set_header"]


@given(texts("= /sse"))
def test_a_change_in_place_changes_one_setting(text: str) -> None:
    new = _after(text, "= /sse")
    after = next(block for block in _locations(new) if block.args == ("=", "/sse"))
    before = next(block for block in _locations(text) if block.args == ("=", "/sse"))
    assert ("proxy_buffering", ("off",), []) in _tree(after.children)
    kept = [line for line in _tree(after.children) if line[0] != "proxy_buffering"]  # type: ignore[index]
    assert kept == [line for line in _tree(before.children) if line[0] != "proxy_buffering"]  # type: ignore[index]
    assert _tree(read_statements(new[: after.start] + new[after.end :])) == _tree(
        read_statements(text[: before.start] + text[before.end :])
    )
