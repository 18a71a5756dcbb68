"""Split the text of an Nginx config into words and marks, as Nginx does.

Follows `ngx_conf_read_token` (src/core/ngx_conf_file.c). `wizard/text/config_tokens.py` splits
texts that need not be a config, and never fails; here what Nginx cannot read is an error.
"""

import re
from collections.abc import Iterator

from wizard.nginx.store import config_error
from wizard.text.config_tokens import LUA_BLOCK, lua_end, unescape_argument
from wizard.text.display import visible
from wizard.text.messages import tr

MAX_WORD_BYTES = 4095
"""The longest word or comment that Nginx reads, in bytes (`NGX_CONF_BUFFER`)."""

Word = tuple[str, int, bool]
"""A word without its quotes and escapes, or a mark (`;`, `{`, `}`); the line in which it begins;
and whether it is a mark."""

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<mark>[;{}]) | (?P<comment>\#[^\n]*+)
      | "(?P<double>(?:[^"\\]++|\\.)*+)" | '(?P<single>(?:[^'\\]++|\\.)*+)'
      | (?P<word>(?!["'])(?:[^ \t\r\n;{\\$]++|\\.|\$\{?)++) | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
"""Blanks, `;` and `{` end a word, but for the brace of `${name}`; `}`, `#` and quotes are marks
only where a word may begin."""
_AFTER_QUOTE = frozenset(("", *" \t\r\n;{)"))
"""What Nginx accepts after a closing quote; empty for the end of the file."""


def split_words(text: str, name: str) -> Iterator[Word]:
    """The words and marks of a config. Raises `ConfigError` for what Nginx cannot split.

    The code of a Lua block is one word, followed by `;`.
    """
    at, line, first = 0, 1, ""
    while (match := _TOKEN.match(text, at)) and (kind := match.lastgroup) != "end":
        start, end = match.span(kind or 0)
        token, line = text[start:end], line + text.count("\n", at, start)
        at = match.end()
        if end - start > MAX_WORD_BYTES // 4:
            _check_length(token, kind or "", name, line)
        if kind == "mark" and token == "{" and first.endswith(LUA_BLOCK):
            close = _lua_end(text, at, name, line)
            yield unescape_argument(text[at:close]), line, False
            line += text.count("\n", at, close)
            yield ";", line, True
            at, first = close + 1, ""
        elif kind == "mark":
            if token == ";" and first.endswith(LUA_BLOCK):
                raise config_error(tr("a Lua block without its braces"), name, line)
            yield token, line, True
            first = ""
        elif kind != "comment":
            first = first or token
            yield unescape_argument(token) if "\\" in token else token, line, False
            line += token.count("\n")
            if kind != "word" and text[at : at + 1] not in _AFTER_QUOTE:
                raise config_error(f'unexpected "{visible(text[at])}"', name, line)
    if not match:
        reason = tr("the file ends in the middle of a word or a quote")
        raise config_error(reason, name, text.count("\n") + 1)


def _lua_end(text: str, at: int, name: str, line: int) -> int:
    """The offset of the brace that ends the Lua block whose inside begins at `at`."""
    end = lua_end(text, at)
    if end is None:
        raise config_error(tr("the file ends inside this Lua block"), name, line)
    return end


def _check_length(token: str, kind: str, name: str, line: int) -> None:
    """Raise `ConfigError` for a word or a comment that is too long for Nginx."""
    quote = int(kind in ("double", "single"))
    if len(token.encode("utf-8", "surrogatepass")) + quote > MAX_WORD_BYTES:
        reason = tr(
            "a word or comment of more than {max_word_bytes} bytes, which Nginx refuses",
            max_word_bytes=MAX_WORD_BYTES,
        )
        raise config_error(reason, name, line)
