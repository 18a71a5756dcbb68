"""Split a pasted command into its words as bash or cmd.exe does; nothing is run or replaced.

A word is a text; bytes in it that are no UTF-8 are lone surrogates (`surrogateescape`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr


@dataclass(frozen=True, slots=True)
class CommandWords:
    """The words of one command.

    Attributes:
        rest: What follows the command in the text: a pipe, a second command; empty if nothing does.
    """

    words: tuple[str, ...]
    rest: str = ""


_PROMPT = re.compile(r"\s*(?:[$%#>] +)?")
_POWERSHELL = re.compile(r"(?i)\$[a-z_]\w*\s*=|(?:invoke-(?:webrequest|restmethod)|iwr|irm)\b")
_BACKTICK_AT_LINE_END = re.compile(r"\s`\r?\n")
_FETCH = re.compile(r"(?:await\s+)?fetch\(")
_CMD = re.compile(
    r"""(?x)
    \A \S+ \s+ (?: -\S+ \s+ )*+ \^"                              # the first quoted word
    | \A (?: [^"'^] | "[^"]*+" | \^ (?! \r?\n ) )*+ \^ \r? \n    # the end of a line
    | \^ \\ \^ "                                                 # a quote in a quoted word
    """
)
"""A caret as cmd.exe's escape: bash has none."""


def split_command(text: str) -> CommandWords:
    """The words of the command, quoted for bash or, as browsers copy it on Windows, for cmd.exe.

    Raises `UsageError` for another shell's command, an open quote, and a variable.
    """
    match = _PROMPT.match(text)
    text = text[match.end() if match else 0 :].rstrip()
    if _POWERSHELL.match(text) or _BACKTICK_AT_LINE_END.search(text):
        raise UsageError(tr("this command is for PowerShell: copy it as cURL, for bash or for cmd"))
    if _FETCH.match(text):
        raise UsageError(tr("this is JavaScript: copy the request as cURL"))
    if not _CMD.search(text):
        return _split_bash(text)
    is_browsers = '^"' in text or "^\\^" in text
    return CommandWords(_split_browsers_cmd(text) if is_browsers else _split_cmd(text))


class _Words:
    """Words that are put together of parts."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._parts: list[str] | None = None

    @property
    def is_between(self) -> bool:
        """True if no word has begun since the last one ended."""
        return self._parts is None

    def add(self, part: str) -> None:
        """Add to the word, or begin one; an empty part begins one too."""
        self._parts = self._parts or []
        self._parts.append(part)

    def end_word(self) -> None:
        """End the word, if one has begun."""
        if self._parts is not None:
            self._words.append("".join(self._parts))
        self._parts = None

    def drop_number(self) -> None:
        """Drop the word if it is a number: that of a redirection (`2>&1`)."""
        if "".join(self._parts or ()).isdigit():
            self._parts = None

    def ended(self) -> tuple[str, ...]:
        """All words, the last one ended."""
        self.end_word()
        return tuple(self._words)


_BASH = re.compile(
    r"""(?xs)
    (?P<continued> \\ \r? \n )
    | \$' (?P<ansi> (?: [^'\\] | \\. )*+ ) '
    | ' (?P<single> [^']*+ ) '
    | \$? " (?P<double> (?: [^"\\] | \\. )*+ ) "
    | \\ (?P<escaped> . )
    | (?P<blank> [ \t]++ )
    | (?P<end> [\r\n;|&<>()] )
    | (?P<variable> \$ (?: [\w{(*@!?\#-] ) | ` )
    | (?P<plain> [^ \t\r\n'"\\$`;|&<>()]++ | \$ )
    """
)
_IN_DOUBLE_QUOTES = re.compile(r"(?s)\\(\r?\n|.)|(\$[\w{(*@!?#-]|`)")
_COMMENT = re.compile(r"#[^\n]*")


def _split_bash(text: str) -> CommandWords:
    """The words as bash splits them (its manual, "Quoting")."""
    words, at = _Words(), 0
    while at < len(text):
        if words.is_between and (comment := _COMMENT.match(text, at)):
            at = comment.end()
            continue
        match = _BASH.match(text, at)
        if match is None:
            if text[at:] == "\\":
                break
            raise UsageError(
                tr("a quote is not closed: {text} at character {at}", text=text[at], at=at + 1)
            )
        kind, value = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "end":
            if value in "<>":
                words.drop_number()
            return CommandWords(words.ended(), text[at:].strip())
        at = match.end()
        if kind == "blank":
            words.end_word()
        elif kind == "variable":
            _refuse_variable(text[match.start() :])
        elif kind != "continued":
            words.add(_BASH_VALUES[kind](value))
    return CommandWords(words.ended())


def _unescape_double(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[2]:
            _refuse_variable(text[match.start() :])
        escaped = match[1]
        if escaped.endswith("\n"):
            return ""
        return str(escaped if escaped in '$`"\\' else match[0])

    return _IN_DOUBLE_QUOTES.sub(replace, text)


def _refuse_variable(text: str) -> NoReturn:
    """Raise `UsageError` for the variable or the command at the beginning of the text.

    Sent as it is, a variable would look like a fault of the server.
    """
    match = re.match(r"\$\w+|\$\{\w+\}?", text)
    shown = match[0] if match else tr("a command in it")
    raise UsageError(
        tr(
            "{shown}: a shell would replace this, and here it is not replaced: write its value",
            shown=safe(shown, 60),
        )
    )


_ANSI = re.compile(
    r"""(?xs)
    (?P<units> (?: \\u [0-9A-Fa-f]{1,4} )++ )
    | \\U (?P<point> [0-9A-Fa-f]{1,8} )
    | \\x (?P<hex> [0-9A-Fa-f]{1,2} )
    | \\ (?P<octal> [0-7]{1,3} )
    | \\c (?P<control> . )
    | \\ (?P<letter> [abeEfnrtv\\'"?] )
    """
)
_LETTERS = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True))


def _unescape_ansi(text: str) -> str:
    r"""The value of `$'…'`. Two `\u` that are a surrogate pair, as browsers write them, are one
    character."""

    def parts() -> Iterator[bytes]:
        at = 0
        for match in _ANSI.finditer(text):
            yield text[at : match.start()].encode("utf-8", "surrogateescape")
            yield _ansi_bytes(match)
            at = match.end()
        yield text[at:].encode("utf-8", "surrogateescape")

    return b"".join(parts()).decode("utf-8", "surrogateescape")


def _ansi_bytes(match: re.Match[str]) -> bytes:
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    if kind == "units":
        units = [int(unit, 16) for unit in value.split("\\u")[1:]]
        utf16 = b"".join(unit.to_bytes(2, "little") for unit in units)
        return utf16.decode("utf-16-le", "replace").encode()
    if kind == "point":
        code = int(value, 16)
        is_character = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
        return (chr(code) if is_character else "\ufffd").encode()
    if kind in ("hex", "octal"):
        return bytes([int(value, 16 if kind == "hex" else 8) & 0xFF])
    if kind == "control":
        return bytes([ord(value) & 0x1F])
    return _LETTERS.get(value, value).encode()


_BASH_VALUES: dict[str, Callable[[str], str]] = {
    "ansi": _unescape_ansi,
    "single": str,
    "double": _unescape_double,
    "escaped": str,
    "plain": str,
}

_CARET = re.compile(r"(?s)\^(?:\r?\n(\r?\n)?|(.))")
_NEXT = r'(?P<bare> [^\s"]++ ) | (?P<blank> \s++ ) | (?P<open> " )'
_CHROME_WORD = re.compile(rf'(?xs) " (?P<quoted> (?: [^"\\] | \\. )*+ ) " | {_NEXT}')
_CHROME_ESCAPE = re.compile(r'\\([\\"`$])')
_FIREFOX_WORD = re.compile(rf'(?xs) " (?P<quoted> (?: \\" | [^"] )*+ ) " | {_NEXT}')
_FIREFOX_ESCAPE = re.compile(r'\\(")')


def _split_browsers_cmd(text: str) -> tuple[str, ...]:
    r"""The words as Chrome, Edge and Firefox quote them for cmd.exe.

    They escape `"` with a backslash, and with a caret every character that may be special to
    cmd.exe; a line end is a caret and two line ends. Chrome escapes backslashes too; Firefox, whose
    command begins with `curl.exe`, does not.
    """
    is_firefox = text.startswith("curl.exe")
    pattern = _FIREFOX_WORD if is_firefox else _CHROME_WORD
    escape = _FIREFOX_ESCAPE if is_firefox else _CHROME_ESCAPE
    plain = _CARET.sub(lambda match: "\n" if match[1] else match[2] or " ", text)
    words = _Words()
    for match in pattern.finditer(plain):
        if match["open"]:
            raise UsageError(tr("a quote is not closed"))
        if match["blank"]:
            words.end_word()
        else:
            words.add(match["bare"] or escape.sub(r"\1", match["quoted"] or ""))
    return words.ended()


_CMD_CARET = re.compile(r'(?s)("[^"\r\n]*+"?)|\^(?:\r?\n)?(.?)')
_CMD_PART = re.compile(r'(?s)(?P<slashes>\\++)(?P<quote>"?)|""|"|(?P<blank>\s++)|[^\\"\s]++')


def _split_cmd(text: str) -> tuple[str, ...]:
    r"""The words as cmd.exe and then the program's own start-up code split them.

    A caret escapes outside of quotes; backslashes are special only before a quote, and `""` in
    quotes is one (Microsoft, "Parsing C command-line arguments").
    """
    plain = _CMD_CARET.sub(lambda match: match[1] or match[2], text)
    words, is_quoted = _Words(), False
    for match in _CMD_PART.finditer(plain):
        part = match[0]
        if match["blank"] and not is_quoted:
            words.end_word()
            continue
        if match["quote"]:
            count = len(match["slashes"])
            part = "\\" * (count // 2) + '"' * (count % 2)
            is_quoted ^= count % 2 == 0
        elif part == '"' or (part == '""' and not is_quoted):
            is_quoted, part = is_quoted ^ (part == '"'), ""
        words.add('"' if part == '""' else part)
    if is_quoted:
        raise UsageError(tr("a quote is not closed"))
    return words.ended()
