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

_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_NO_COMMENT = rf"""(?P<mark>[;{{}}]) | (?P<quoted>{_QUOTED})
      | (?P<word>(?:\\.|\$\{{|[^ \t\r\n;{{\\])+|\\)"""
_TOKEN = re.compile(rf"(?P<comment>\#[^\r\n]*) | {_NO_COMMENT}", re.VERBOSE | re.DOTALL)
_TOKEN_IN_COMMENT = re.compile(rf"(?P<comment>\#) | {_NO_COMMENT}", re.VERBOSE | re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
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
    while True:
        start = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it always matches
        match = pattern.match(text, start)
        if not match:
            return
        line += text.count("\n", at, start)
        token = _token(match, line)
        yield token
        at = token.end
        line += token.text.count("\n")
        if token.kind is TokenKind.WORD:
            name = name or token.bare
        elif token.kind is not TokenKind.COMMENT:
            opens_lua = lua_blocks and token.kind is TokenKind.OPEN and name.endswith(LUA_BLOCK)
            name = ""
            if opens_lua and (body := text[at : lua_end(text, at)]):
                yield Token(TokenKind.LUA, body, at, line)
                at += len(body)
                line += body.count("\n")


def _token(match: re.Match[str], line: int) -> Token:
    written = match.group()
    if match["mark"]:
        return Token(TokenKind(written), written, match.start(), line)
    kind = TokenKind.COMMENT if match["comment"] else TokenKind.WORD
    return Token(kind, written, match.start(), line, match["quoted"] is not None)


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
