"""One config file's tokens as directives, each with its file, its line and its end.

The tokens are crossplane's. The tree is built here, since the end lines are needed, directives of
any arity must stay, and a fault must name its line.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.model.config import Directive, Position
from wizard.nginx.store import config_error
from wizard.text.display import visible

MAX_BLOCK_DEPTH = 64
"""How deep blocks may nest; Nginx itself needs no more than a handful."""

Token = tuple[str, int, bool]
_END = "the-file-ends-here"
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_ODD = [code for code in range(0x3001) if chr(code).isspace() and chr(code) not in " \t\n"]
_NO_SPACES = {code: 0xF0000 + code for code in _ODD}
_SPACES = {hidden: code for code, hidden in _NO_SPACES.items()}


@dataclass
class _Open:
    """A block that is still open: the words before its brace, and what it holds so far."""

    words: list[str]
    line: int
    block: list[Directive] = field(default_factory=list)


def parse_config(text: str, name: str, via: tuple[Position, ...] = ()) -> tuple[Directive, ...]:
    """The directives of one file, includes not yet followed.

    Args:
        text: The file's text.
        name: What to call the file.
        via: The includes that led here.

    Raises:
        ConfigError: A brace without its partner, a directive without its end, a quote without
            its end, blocks nested beyond all measure.
    """
    stack, words, start, line = [_Open([], 1)], list[str](), 1, 1
    for token, line, quoted in _tokens(text, name):
        if quoted or token not in ("{", "}", ";"):
            start = start if words else line
            words.append(_meant(token))
        elif token == "{":
            if not words:
                raise config_error('unexpected "{"', name, line)
            stack.append(_Open(words, start))
            words = []
            if len(stack) > MAX_BLOCK_DEPTH:
                raise config_error(f"blocks nest deeper than {MAX_BLOCK_DEPTH}", name, line)
        elif token == ";":
            where = Position(name, start if words else line)
            _close(stack[-1], words, where, line, None, via)
            words = []
        else:
            _must_be_ended(words, name, start)
            closed = stack.pop()
            where = Position(name, closed.line)
            _close(stack[-1], closed.words, where, line, tuple(closed.block), via)
    _must_be_ended(words, name, start)
    if len(stack) > 1:
        opened = f'"{visible(stack[-1].words[0], 60)}" of line {stack[-1].line}'
        raise config_error(f'the file ends inside {opened}: a "}}" is missing', name, line)
    return tuple(stack[0].block)


def _meant(word: str) -> str:
    """What a word means to Nginx: it takes the backslash from some escapes, and leaves others."""
    return _ESCAPE.sub(lambda found: _CONTROL.get(found[1], found[1]), word)


def _must_be_ended(words: list[str], name: str, line: int) -> None:
    if words:
        raise config_error(f'directive "{visible(words[0], 60)}" is not ended by ";"', name, line)


def _close(
    parent: _Open,
    words: list[str],
    where: Position,
    end: int,
    block: tuple[Directive, ...] | None,
    via: tuple[Position, ...],
) -> None:
    if not words:
        raise config_error('unexpected ";"', where.file, where.line)
    parent.block.append(Directive(words[0], tuple(words[1:]), where, end, block, via))


def _tokens(text: str, name: str) -> Iterator[Token]:
    """crossplane's tokens without comments; its syntax errors as ours."""
    import crossplane
    from crossplane.errors import NgxParserBaseException

    last = text.count("\n") + 2
    # crossplane reads files only: what came from a dump or a pipe is put into one.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="replace", newline="", suffix=".conf"
    ) as file:
        # It says nothing of a word, a quote or a Lua block that is open at the end: then the word
        # that we put there is not seen as one.
        file.write(f"{_spaced(text)}\n{_END}\n")
        file.flush()
        try:
            for token, line, quoted in crossplane.lex(file.name):
                if token == _END and line == last:
                    return
                if quoted or not token.startswith("#"):
                    yield token.translate(_SPACES), line, quoted
        except NgxParserBaseException as error:
            reason = visible(str(error.strerror), 200)
            raise config_error(reason, name, min(error.lineno or last, last - 1)) from None
    raise config_error(
        "the file ends in the middle of a word, a quote or a Lua block", name, last - 1
    )


def _spaced(text: str) -> str:
    """Only what Nginx takes for a space may be one to crossplane, which also ends a line, and so
    a comment, at a lone carriage return."""
    return text.replace("\r\n", "\n").replace("\r", " ").translate(_NO_SPACES)
