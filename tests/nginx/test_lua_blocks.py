"""Lua code in a config: it has braces and quotes of its own."""

import pytest

from wizard.nginx.parse import parse_config
from wizard.text.config_tokens import unescape_argument
from wizard.text.errors import ConfigError


@pytest.mark.parametrize(
    "name", ["access", "precontent", "server_rewrite", "proxy_ssl_verify", "new"]
)
@pytest.mark.parametrize(
    "code",
    [
        "x = [[ } ]] .. [==[ ]] \" ]==]", "--[[ } ' ]] x = {}", "-- it's }\n x = '\\'}'",
        "x = 'open\n y = {1, {2}}", "ngx.say(\"{;\"); return",
    ],
)  # fmt: skip
def test_a_lua_block_of_any_name_is_left_out(name: str, code: str) -> None:
    text = f"http {{\n{name}_by_lua_block {{ {code}\n}} # {{\nlisten 1;\n}}\nb;"
    http, last = parse_config(text, "x")
    lua, listen = http.block or ()
    assert (lua.name, listen.name) == (f"{name}_by_lua_block", "listen")
    assert lua.args[-1].strip() == unescape_argument(f"{code}\n").strip()
    lines = code.count("\n")
    assert (lua.where.line, lua.end_line, listen.where.line) == (2, lines + 3, lines + 4)
    assert last.where.line == lines + 6


@pytest.mark.parametrize("opened", ["[[", "--[==[ ]]", "'", "-- }", "{"])
def test_a_lua_block_that_does_not_end_is_named(opened: str) -> None:
    with pytest.raises(ConfigError, match=r"x:2: the file ends inside this Lua block"):
        parse_config(f"a;\nnew_by_lua_block {{ {opened} }}", "x")


def test_words_that_only_look_like_a_lua_block() -> None:
    text = '# a_by_lua_block {\nadd \'b_by_lua_block { \'; add "" "c_by_lua_block { "; d;'
    assert [each.name for each in parse_config(text, "x")] == ["add", "add", "d"]


@pytest.mark.timeout(5)
def test_many_openings_are_read_in_a_short_time() -> None:
    text = "a_by_lua_block {" + "[[ ]]" * 50_000 + "{" * 50_000
    with pytest.raises(ConfigError):
        parse_config(text, "x")
