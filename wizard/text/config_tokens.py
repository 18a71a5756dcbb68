"""The tokens of an Nginx config's text with their offsets, and the quoting of its arguments.

Follows `ngx_conf_read_token` (src/core/ngx_conf_file.c): `;` and `{` end an unquoted word, except
the brace of `${name}`; `}`, `#` and quotes are marks only where a word may begin.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

VARIABLE = re.compile(r"\$\{\w+\}|\$\w+")
"""A variable in an argument: `$host` or `${host}`."""

_NO_COMMENT = r"""(?P<mark>[;{}])
      | (?P<quoted>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
      | (?P<word>(?:[^ \t\r\n;{\\$]++|\\.|\$\{?)++|\\)"""
_TOKEN = re.compile(
    rf"[ \t\r\n]*+(?:(?P<comment>\#[^\r\n]*+) | {_NO_COMMENT})", re.VERBOSE | re.DOTALL
)
_TOKEN_IN_COMMENT = re.compile(
    rf"[ \t\r\n]*+(?:(?P<comment>\#) | {_NO_COMMENT})", re.VERBOSE | re.DOTALL
)
_LUA_TOKEN = re.compile(
    r"""(?:--)?\[(?P<level>=*)\[ | --[^\n]* | (?P<brace>[{}])
      | "(?:\\.|[^"\\\n])*["\n]? | '(?:\\.|[^'\\\n])*['\n]?""",
    re.VERBOSE | re.DOTALL,
)
"""The start of a long bracket, a comment, a brace, or a string of at most one line."""
LUA_BLOCK = "_by_lua_block"
"""How the name of a directive ends whose block holds Lua code."""

_ESCAPE = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_NEEDS_NO_QUOTES = re.compile(r"(?:[^\s;{}\"'\\#]|\\[^\s;{}\"'\\trn])+")
_BACKSLASH_TO_ESCAPE = re.compile(r"\\(?=[\"'\\trn]|$)")


class TokenKind(StrEnum):
    """The kinds of tokens; LUA is the text between the braces of a `…_by_lua_block`."""

    WORD = "word"
    COMMENT = "comment"
    SEMICOLON = ";"
    OPEN = "{"
    CLOSE = "}"
    LUA = "lua"


class Token(NamedTuple):
    """One token as it stands in the text.

    Attributes:
        text: The characters, with the quotes of a quoted word or the `#` of a comment.
        start: The offset of the first character.
        line: The line of the first character, counted from 1.
        is_quoted: True for a word in single or double quotes.
    """

    kind: TokenKind
    text: str
    start: int
    line: int
    is_quoted: bool = False

    @property
    def end(self) -> int:
        """The offset after the last character."""
        return self.start + len(self.text)

    @property
    def bare(self) -> str:
        """The text without the quotes around it; backslashes stay."""
        return self.text[1:-1] if self.is_quoted else self.text


_KINDS = {
    "comment": TokenKind.COMMENT,
    "quoted": TokenKind.WORD,
    "word": TokenKind.WORD,
    ";": TokenKind.SEMICOLON,
    "{": TokenKind.OPEN,
    "}": TokenKind.CLOSE,
}
"""The kind of a token by the group of the pattern, or by the mark itself."""


def tokenize(text: str, *, lua_blocks: bool = True, whole_comments: bool = True) -> Iterator[Token]:
    """Yield the tokens of a config, without the whitespace between them.

    Never fails: a quote without its partner is an ordinary character of a word.

    Args:
        lua_blocks: Yield the inside of a Lua block as one token, up to the brace that ends it by
            Lua's rules (or up to the end of the text). If false, tokenize it like a config.
        whole_comments: Yield a comment as one token, up to the end of its line. If false, its
            token is the `#` alone, and the text after it is tokenized like a config.
    """
    pattern = _TOKEN if whole_comments else _TOKEN_IN_COMMENT
    at, line, name = 0, 1, ""
    while match := pattern.match(text, at):
        group = match.lastgroup or ""
        start, end = match.span(group)
        line += text.count("\n", at, start)
        written, at = text[start:end], end
        kind = _KINDS[written if group == "mark" else group]
        yield Token(kind, written, start, line, group == "quoted")
        if kind is TokenKind.WORD:
            name = name or (written[1:-1] if group == "quoted" else written)
            line += written.count("\n")
        elif kind is not TokenKind.COMMENT:
            opens_lua = lua_blocks and kind is TokenKind.OPEN and name.endswith(LUA_BLOCK)
            name = ""
            if opens_lua and (body := text[at : lua_end(text, at)]):
                yield Token(TokenKind.LUA, body, at, line)
                at += len(body)
                line += body.count("\n")


def lua_end(text: str, at: int) -> int | None:
    """The offset of the brace that ends the Lua block whose inside begins at `at`.

    None if there is none, or if a long bracket (`[==[`, `--[[`) stays open.
    """
    depth = 1
    while match := _LUA_TOKEN.search(text, at):
        at = match.end()
        if match["level"] is not None:
            closing = f"]{match['level']}]"
            end = text.find(closing, at)
            if end < 0:
                return None
            at = end + len(closing)
        elif match["brace"]:
            depth += 1 if match["brace"] == "{" else -1
            if depth == 0:
                return match.start()
    return None


def quote_argument(value: str) -> str:
    """Return a value as one argument of a config, quoted if Nginx would split or change it."""
    if _NEEDS_NO_QUOTES.fullmatch(value):
        return value
    escaped = _BACKSLASH_TO_ESCAPE.sub(r"\\\\", value).replace('"', '\\"')
    return f'"{escaped}"'


def unescape_argument(bare: str) -> str:
    r"""The value of an argument that is written in a config as `bare`, without its quotes.

    Nginx removes the backslash of `\"`, `\'` and `\\`, replaces `\t`, `\r` and `\n`, and leaves
    every other backslash.
    """
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), bare)
