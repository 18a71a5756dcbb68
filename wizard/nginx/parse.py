"""Parse the text of one config file into directives with file, line and end line.

The tokens are crossplane's. The tree is built here: it needs end lines, keeps directives with any
number of arguments, and names the line of every error.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.model.config import Directive, Position
from wizard.nginx.lua_blocks import take_out_lua
from wizard.nginx.store import config_error
from wizard.text.config_tokens import unescape_argument
from wizard.text.display import visible

MAX_BLOCK_DEPTH = 64
"""How deep blocks may nest; real configs need no more than about five levels."""

Token = tuple[str, int, bool]
"""Text, line, and whether it was quoted."""
_END = "the-file-ends-here"
"""A word appended to the text, to see whether crossplane reaches the end of the file."""
_OTHER_SPACES = [code for code in range(0x3001) if chr(code).isspace() and chr(code) not in " \t\n"]
_HIDE_SPACES = {code: 0xF0000 + code for code in _OTHER_SPACES}
_RESTORE_SPACES = {hidden: code for code, hidden in _HIDE_SPACES.items()}


@dataclass
class _OpenBlock:
    """A block without its closing brace so far: the words before it, its line and content."""

    words: list[str]
    line: int
    block: list[Directive] = field(default_factory=list)


def parse_config(text: str, name: str, via: tuple[Position, ...] = ()) -> tuple[Directive, ...]:
    """The directives of one file, to which the `include` directives of `via` led.

    Its own includes are not followed. Raises `ConfigError` for an unmatched brace, a directive or
    quote without its end, or blocks that nest too deep.
    """
    stack, words, start, line = [_OpenBlock([], 1)], list[str](), 1, 1
    for token, line, quoted in _tokens(text, name):
        if quoted or token not in ("{", "}", ";"):
            start = start if words else line
            words.append(unescape_argument(token))
        elif token == "{":
            if not words:
                raise config_error('unexpected "{"', name, line)
            stack.append(_OpenBlock(words, start))
            words = []
            if len(stack) > MAX_BLOCK_DEPTH:
                raise config_error(f"blocks nest deeper than {MAX_BLOCK_DEPTH}", name, line)
        elif token == ";":
            where = Position(name, start if words else line)
            _add_directive(stack[-1], words, where, line, None, via)
            words = []
        else:
            _require_no_words(words, name, start)
            closed = stack.pop()
            where = Position(name, closed.line)
            _add_directive(stack[-1], closed.words, where, line, tuple(closed.block), via)
    _require_no_words(words, name, start)
    if len(stack) > 1:
        opened = f'"{visible(stack[-1].words[0], 60)}" of line {stack[-1].line}'
        raise config_error(f'the file ends inside {opened}: a "}}" is missing', name, line)
    return tuple(stack[0].block)


def _require_no_words(words: list[str], name: str, line: int) -> None:
    if words:
        raise config_error(f'directive "{visible(words[0], 60)}" is not ended by ";"', name, line)


def _add_directive(
    parent: _OpenBlock,
    words: list[str],
    where: Position,
    end_line: int,
    block: tuple[Directive, ...] | None,
    via: tuple[Position, ...],
) -> None:
    if not words:
        raise config_error('unexpected ";"', where.file, where.line)
    parent.block.append(Directive(words[0], tuple(words[1:]), where, end_line, block, via))


def _tokens(text: str, name: str) -> Iterator[Token]:
    """crossplane's tokens without comments. Raises `ConfigError` for its syntax errors."""
    import crossplane
    from crossplane.errors import NgxParserBaseException

    blocks = take_out_lua(_normalize_spaces(text))
    if blocks.unclosed is not None:
        raise config_error("the file ends inside this Lua block", name, blocks.unclosed)
    last = text.count("\n") + 2
    # crossplane reads files only, so the text of a dump or a pipe is written into one.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="replace", newline="", suffix=".conf"
    ) as file:
        # crossplane does not report a word, quote or Lua block that is open at the end of the
        # file. The appended word is then part of it and does not come as a token of its own.
        file.write(f"{blocks.text}\n{_END}\n")
        file.flush()
        try:
            for token, line, quoted in crossplane.lex(file.name):
                if token == _END and line == last:
                    return
                if quoted or not token.startswith("#"):
                    word = blocks.restore(token)
                    yield word.translate(_RESTORE_SPACES), line, quoted or word != token
        except NgxParserBaseException as error:
            reason = visible(str(error.strerror), 200)
            raise config_error(reason, name, min(error.lineno or last, last - 1)) from None
    reason = "the file ends in the middle of a word, a quote or a Lua block"
    raise config_error(reason, name, last - 1)


def _normalize_spaces(text: str) -> str:
    """The text in which crossplane separates words exactly where Nginx does.

    crossplane also splits at Unicode spaces, and ends a line (so a comment) at a lone carriage
    return.
    """
    return text.replace("\r\n", "\n").replace("\r", " ").translate(_HIDE_SPACES)
