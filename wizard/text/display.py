"""Untrusted text made safe to show, and numbers and nouns formatted for a reader.

No control sequence reaches a terminal and no secret a file.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from wizard.text.messages import tr
from wizard.text.redaction import redact

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""C0, C1, DEL, bidirectional overrides, lone surrogates, U+2028 and U+2029."""
_NONCHARACTER = 0xFFFE
"""The low bits of U+FFFE, U+FFFF and the same in each plane, which XML cannot hold."""
_CLIP_WINDOW = 256
"""How far before a cut, in characters, whitespace is looked for."""


def visible(text: str, limit: int = 2000) -> str:
    """Return `text` in one line, each unsafe character as an escape, cut at `limit` characters.

    A server's text can then neither move the cursor nor reorder the output.
    """
    cut = text[:limit]
    shown = cut if cut.isascii() and cut.isprintable() else "".join(map(_escape, cut))
    return (
        tr("{shown}… ({count} more)", shown=shown, count=len(text) - limit)
        if len(text) > limit
        else shown
    )


def is_displayable(char: str) -> bool:
    """True if the character can be shown as it is: no control, format or noncharacter."""
    if char.isascii():
        return char.isprintable()
    is_unsafe = unicodedata.category(char) in _UNSAFE_CATEGORIES
    return not is_unsafe and ord(char) & _NONCHARACTER != _NONCHARACTER


def _escape(char: str) -> str:
    if is_displayable(char):
        return char
    return _SHORT_ESCAPES.get(char) or f"\\u{{{ord(char):x}}}"


def visible_block(text: str, *, tabs: bool = False) -> str:
    """Return a text of several lines with each line made visible, for the user to copy.

    With `tabs`, tabs are kept, as a diff needs them to apply; otherwise they become spaces.
    """
    lines = text.removesuffix("\n").split("\n") if text else ()
    return "".join(f"{_visible_line(line.removesuffix(chr(13)), tabs)}\n" for line in lines)


def _visible_line(line: str, tabs: bool) -> str:
    return "\t".join(map(visible, line.split("\t"))) if tabs else visible(line.expandtabs(4))


def clip(text: str, size: int) -> str:
    """Return at most `size` characters, cut at whitespace if there is some near.

    In half a URL, `redact` could miss the password.
    """
    if len(text) <= size:
        return text
    at = max(text.rfind(blank, max(size - _CLIP_WINDOW, 0), size) for blank in " \t\r\n")
    return text[:at] if at > 0 else text[:size]


def safe(text: str, limit: int = 2000) -> str:
    """Return `text` redacted and visible, for reports and the screen."""
    head = clip(text, limit * 4)
    clean = redact(head)
    shown = visible(clean, limit)
    return f"{shown}…" if len(head) < len(text) and len(clean) <= limit else shown


def summarize_body(body: str) -> str:
    """Return the beginning of a response's body in one line; of an HTML page only its title."""
    if not body.startswith("<"):
        return safe(" ".join(body.split()), 120)
    title = re.search(r"(?is)<title>(.*?)</title>", body)
    if title is None:
        return tr("a page")
    return tr('a page, "{title}"', title=safe(title[1].strip(), 80))


MAX_SENTENCES = 20
"""How many sentences of one kind are listed."""


def first_of(sentences: Iterable[str]) -> list[str]:
    """The first `MAX_SENTENCES` of these sentences, each once, and how many more there are."""
    different = list(dict.fromkeys(sentences))
    return [*different[:MAX_SENTENCES], *filter(None, [describe_rest(different)])]


def describe_rest(different: Sequence[object]) -> str:
    """How many of these there are beyond the first `MAX_SENTENCES`; empty if there are none."""
    more = len(different) - MAX_SENTENCES
    return tr("{more} more lines of this kind", more=more) if more > 0 else ""


def capitalize(text: str) -> str:
    """Return `text` with its first letter in upper case and the rest unchanged.

    The name of a directive stays as it is: `proxy_buffering off`.
    """
    is_name = "_" in text.partition(" ")[0]
    return text if is_name else text[:1].upper() + text[1:]


def seconds(value: float | None) -> str:
    """Return a duration given in seconds as `12 ms` or `2.31 s`, and `–` for None."""
    if value is None:
        return "–"
    return tr("{value:.0f} ms", value=value * 1000) if value < 1 else f"{value:.2f} s"


def comma_list(items: Iterable[str]) -> str:
    """Join the items of a list: `a, b`, with the comma of the language."""
    return tr(", ").join(items)


def clauses(parts: Iterable[str]) -> str:
    """Join parts of a sentence: `one; two`, with the semicolon of the language."""
    return tr("; ").join(parts)


def phrases(parts: Iterable[str]) -> str:
    """Join phrases of a sentence: `first data after 6 ms, 3 events`."""
    first, *others = parts
    for other in others:
        first = tr("{first}, {second}", first=first, second=other)
    return first


def and_list(items: Iterable[str]) -> str:
    """Join the items of a list with the word for `and`."""
    first, *others = items
    for other in others:
        first = tr("{first} and {second}", first=first, second=other)
    return first


def noted(text: str, note: str) -> str:
    """Return `text (note)`, with the brackets of the language; `text` alone without a note."""
    return tr("{text} ({note})", text=text, note=note) if note else text


def sentence(text: str) -> str:
    """The text with its full stop."""
    return tr("{sentence}.", sentence=text)


def sentences(parts: Iterable[str]) -> str:
    """Join whole sentences; those that are empty are left out."""
    first, *others = [part for part in parts if part] or [""]
    for other in others:
        first = tr("{first} {second}", first=first, second=other)
    return first


def labelled(label: str, text: str) -> str:
    """Return `label: text`, with the colon of the language."""
    return tr("{label}: {text}", label=label, text=text)
