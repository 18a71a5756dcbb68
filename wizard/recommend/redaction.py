"""Which lines of a config may be shown: without credentials, and without control characters."""

from collections.abc import Iterable, Iterator

from wizard.recommend.source import Statement
from wizard.text.config_redaction import redact_config
from wizard.text.config_tokens import VARIABLE
from wizard.text.display import is_displayable, visible
from wizard.text.marks import MARK, MARKS, MASK, TextFunction
from wizard.text.redaction import redact

_MIN_FRAGMENT_LENGTH = 4


def is_text(line: str) -> bool:
    """True if a line can be shown as it stands: no control character, and it was valid UTF-8."""
    return all(map(_is_plain, line))


def escape_control_characters(text: str) -> str:
    """The text with control characters written as escapes; line ends stay."""
    return "".join(char if char == "\n" or _is_plain(char) else visible(char) for char in text)


def _is_plain(char: str) -> bool:
    return char == "\t" or (char != "\ufffd" and is_displayable(char))


def is_secret(statement: Statement, source: str) -> bool:
    """True if the statement holds a credential as a literal; one in a variable is no secret."""
    text = source[statement.start : statement.end]
    return _redact(text, _mask) != text


def mask_credentials(statement: Statement, source: str) -> str:
    """The statement's text with every credential masked, as in a case file."""
    return _redact(source[statement.start : statement.end], MARKS.mark)


def _mask(secret: str) -> str:
    return MASK


def _redact(text: str, mask: TextFunction) -> str:
    if mask is _mask:  # of a case file, which has marks for its secrets
        text = MARK.sub(MASK, text)
    redacted = redact_config(text, lambda part: redact(part, mask), mask)
    without_variables = VARIABLE.sub("", redacted)
    if redact(without_variables, mask) == without_variables:
        return redacted
    return redact(redacted, mask)


def secret_fragments(source: str, statements: Iterable[Statement], span: range) -> frozenset[str]:
    """The fragments of lines in a stretch of the source that must not be shown."""
    texts = (
        _own_text(statement, source)
        for top in statements
        if _overlaps(top, span)
        for statement in top.walk()
        if _overlaps(statement, span)
    )
    return frozenset(fragment for text in texts for fragment in _redacted_lines(text))


def _own_text(statement: Statement, source: str) -> str:
    """The statement's text; of a block its head alone, but a whole map, whose head names it."""
    is_head = statement.opened is not None and statement.name != "map"
    return source[statement.start : statement.opened if is_head else statement.end]


def _redacted_lines(text: str) -> Iterator[str]:
    redacted = _redact(text, _mask)
    if redacted == text:
        return iter(())
    lines, shown = text.split("\n"), redacted.split("\n")
    if len(lines) != len(shown):
        return split_fragments(text)
    pairs = zip(lines, shown, strict=True)
    return split_fragments("\n".join(line for line, other in pairs if line != other))


def split_fragments(text: str) -> Iterator[str]:
    """The lines of a statement that are long enough to give a credential away."""
    lines = (line.strip() for line in text.split("\n"))
    return (line for line in lines if len(line) >= _MIN_FRAGMENT_LENGTH)


def _overlaps(statement: Statement, span: range) -> bool:
    return statement.start < span.stop and statement.end > span.start
