"""Lua blocks in a config, taken out before its text is split into words.

Inside of `…_by_lua_block { }` the braces, quotes and semicolons are Lua's, not Nginx's
(https://github.com/openresty/lua-nginx-module, `ngx_http_lua_lex.rl`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wizard.text.config_tokens import lua_end

_OUTSIDE = re.compile(
    r"""(?<![^\s;{}])(?:
        \#[^\n]* | "(?:\\.|[^"\\])*+" | '(?:\\.|[^'\\])*+'
        | (?P<head>\w+_by_lua_block(?:\s+\$\w+)?)\s*(?P<brace>\{)
    )""",
    re.DOTALL | re.VERBOSE,
)
"""A comment or quoted word, in which no Lua block begins; or the beginning of a block."""
_NAME_MARK, _CODE_MARK = "\U000f5000", "\U000f5001"
"""Private characters: the first one is at the end of a name, the second before a number."""


@dataclass(frozen=True, slots=True)
class LuaBlocks:
    """A text without its Lua code, line for line, and the code of each block by its placeholder.

    Attributes:
        unclosed: The line of the first block that does not end; None if all do.
    """

    text: str
    code: Mapping[str, str]
    unclosed: int | None = None

    def restore(self, word: str) -> str:
        """The word of the original text for a word of this one."""
        return self.code.get(word, word.removesuffix(_NAME_MARK))


def take_out_lua(text: str) -> LuaBlocks:
    """Replace each Lua block by a directive with one argument that stands for its code."""
    parts: list[str] = []
    code: dict[str, str] = {}
    position = 0
    for start, end, head in _blocks(text):
        if end is None:
            return LuaBlocks(text, {}, text.count("\n", 0, start) + 1)
        name, *arguments = head.split()
        placeholder = f"{_CODE_MARK}{len(code)}"
        code[placeholder] = text[start + 1 : end]
        before = text.rindex(head, position, start + 1)
        lines = "\n" * text.count("\n", before, end + 1)
        words = " ".join((f"{name}{_NAME_MARK}", *arguments, placeholder))
        parts += [text[position:before], words, lines, ";"]
        position = end + 1
    return LuaBlocks("".join((*parts, text[position:])), code)


def _blocks(text: str) -> Iterator[tuple[int, int | None, str]]:
    """Each Lua block: the place of its braces, and the words before them."""
    position = 0
    while match := _OUTSIDE.search(text, position):
        position = match.end()
        if match["head"] is None:
            continue
        start = match.start("brace")
        end = lua_end(text, start + 1)
        yield start, end, match["head"]
        if end is None:
            return
        position = end + 1
