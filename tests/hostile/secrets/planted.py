"""Planted secrets: each a random word of its own, so that a part of one in an output names it."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

PART = 8
"""So many consecutive characters of a secret in an output are a leak."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One secret in one input.

    Attributes:
        where: The input and the form, such as `config: proxy_set_header X-Api-Key`.
        word: The random part, which no output may show.
    """

    where: str
    word: str


class Planter:
    """Makes texts with secrets in them, and keeps the secrets.

    Attributes:
        all: The secrets so far.
    """

    def __init__(self) -> None:
        self.all: list[Planted] = []
        self._filled: dict[tuple[str, str], str] = {}

    def word(self, where: str, size: int = 24) -> str:
        """A new random word of letters and digits for that place."""
        digest = hashlib.sha256(f"{where} {len(self.all)}".encode()).digest()
        letters = base64.b64encode(digest).decode()
        word = "".join(filter(str.isalnum, letters))[:size]
        self.all.append(Planted(where, word))
        return word

    def fill(self, place: str, text: str) -> str:
        """The text with a secret in place of each `<NAME>`: a kind of token, or `WORD`.

        The same text at the same place has the same secrets.
        """
        if (place, text) in self._filled:
            return self._filled[place, text]

        def replace(match: re.Match[str]) -> str:
            before = text[: match.start()].rpartition("\n")[2].strip()[-48:]
            return token(match[1], self.word(f"{place}: {before}<{match[1]}>", _SIZES[match[1]]))

        filled = re.sub(f"<({'|'.join(_SIZES)})>", replace, text)
        return self._filled.setdefault((place, text), filled)


_SIZES = {
    "WORD": 24, "JWT": 40, "GHP": 36, "PAT": 36, "SK": 32, "AKIA": 16, "GLPAT": 20, "XOXB": 24,
    "BASIC": 24, "PEM": 40, "UUID": 32, "PASSWORD": 12,
}  # fmt: skip


def token(kind: str, word: str) -> str:
    """A token of that kind with this random word in it."""
    if kind == "JWT":
        return f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{word[:20]}.{word[20:]}"
    if kind == "BASIC":
        return base64.b64encode(f"user:{word}".encode()).decode()
    if kind == "PEM":
        return f"-----BEGIN PRIVATE KEY-----\\n{word}\\n-----END PRIVATE KEY-----"
    if kind == "UUID":
        digits = hashlib.md5(word.encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if kind == "AKIA":
        return f"AKIA{word.upper()}"
    prefixes = {"GHP": "ghp_", "PAT": "github_pat_", "SK": "sk-", "GLPAT": "glpat-"}
    return prefixes.get(kind, "xoxb-1234-" if kind == "XOXB" else "") + word


def leaks(output: str, planted: Sequence[Planted]) -> list[str]:
    """Where the secrets come from of which a part is in the output, in any of its forms."""
    forms = list(_forms(output))
    return [secret.where for secret in planted if any(_shows(form, secret) for form in forms)]


def _shows(form: str, secret: Planted) -> bool:
    words = [secret.word]
    if "<UUID>" in secret.where:
        words = [token("UUID", secret.word)]
    if "<AKIA>" in secret.where:
        words = [secret.word.upper()]
    return any(part in form for word in words for part in _parts(word))


def _parts(word: str) -> Iterator[str]:
    return (word[start : start + PART] for start in range(len(word) - PART + 1))


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_DRAWING = re.compile(r"[\s│┃|╎·…]+")


def _forms(output: str) -> Iterator[str]:
    """The output as it is, without line ends and frames, percent-decoded, decoded from Base64."""
    yield output
    yield _DRAWING.sub("", output)
    plain = unquote(unquote(output))
    yield plain
    yield "\n".join(_decoded(plain))


def _decoded(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        data = match[0].replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(data[: len(data) // 4 * 4]).decode("latin-1")
        except binascii.Error:
            continue
