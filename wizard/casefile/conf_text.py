"""A config's text without the credentials in it: the same lines, the same words in each."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from wizard.recommend.secrets import NAMED_VALUE, SECRET_NAME, VARIABLE, literal
from wizard.text import MASK, redact

Change = Callable[[str], str]
_TOKEN = re.compile(
    r"""[ \t\r\n]+ | \#(?P<comment>[^\r\n]*) | (?P<mark>[;{}])
      | (?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{|[^ \t\r\n;{\\])+|.)""",
    re.VERBOSE | re.DOTALL,
)
_SCHEME = re.compile(r"(?i)\s*(?:basic|bearer|token|digest|negotiate)\s+")
_AROUND = re.compile(r"(\(?[\"']?)(.*?)([\"']?\)?)", re.DOTALL)
_OPERATOR = re.compile(r"[!=~*-]+[fdex]?\)?|\(?\$.*")
_OF_MAP = frozenset({"default", "hostnames", "volatile", "include", '""', "''"})


def hidden_config(text: str, hide: Change, mask: Change) -> str:
    """The text with each credential written over; what comes from a variable is none.

    Args:
        hide: Writes over what reads as a secret in a text.
        mask: What stands in place of one secret.
    """
    return _Writer(hide, mask).write(text)


@lru_cache(maxsize=64)
def has_secrets(text: str) -> bool:
    """Whether a config holds a credential: a case is saved again and again, its configs stay."""
    return hidden_config(text, redact, lambda secret: MASK) != text


@dataclass
class _Writer:
    """Goes through the tokens; knows the statement that it is in, and the blocks around it."""

    hide: Change
    mask: Change
    words: list[str] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)

    def write(self, text: str) -> str:
        """The whole text; line by line where a secret goes over several words."""
        made = "".join(map(self._token, _TOKEN.finditer(text)))
        return "\n".join(map(self._line, made.split("\n")))

    def _token(self, token: re.Match[str]) -> str:
        if token["comment"] is not None:
            return f"#{_Writer(self.hide, self.mask).write(token['comment'])}"
        if token["mark"]:
            self._mark(token["mark"])
        elif token["word"] is not None:
            word = self._word(token["word"])
            self.words.append(token["word"])
            return word
        return token[0]

    def _mark(self, mark: str) -> None:
        if mark == "{":
            self.blocks.append(self.words)
        elif mark == "}" and self.blocks:
            self.blocks.pop()
        self.words = []

    def _word(self, word: str) -> str:
        if self.words[-1:] == ["="] and SECRET_NAME.search("".join(self.words[-2:-1])):
            return f"{word[:1]}{self.mask(word[1:-1])}{word[-1:]}"  # an assignment in Lua
        if self._is_credential(word):
            return self._masked(word)
        changed = self._without_secrets(word)
        is_one = changed == word or _shape(changed) == _shape(word)
        return changed if is_one else self._masked(word)

    def _is_credential(self, word: str) -> bool:
        """Whether its place says so, whatever it looks like."""
        before = self.words
        if len(before) >= 2 and NAMED_VALUE.match(before[0]):
            return bool(SECRET_NAME.search(before[1])) and bool(literal(_bare(word)))
        if before[:1] == ["secure_link_md5"]:
            return bool(literal(_bare(word)))
        if before[:1] == ["if"] and len(before) >= 2:
            return bool(SECRET_NAME.search(before[1])) and not _OPERATOR.fullmatch(word)
        around = self.blocks[-1] if self.blocks else []
        of_map = not before and around[:1] == ["map"] and SECRET_NAME.search("".join(around[1:2]))
        return bool(of_map) and word not in _OF_MAP and "~" not in word[:2]

    def _masked(self, word: str) -> str:
        """Each literal between the variables, its scheme and the quotes around it left."""
        found = _AROUND.fullmatch(word)
        assert found is not None
        pieces = re.split(f"({VARIABLE.pattern})", found[2])
        return f"{found[1]}{''.join(map(self._piece, pieces))}{found[3]}"

    def _piece(self, piece: str) -> str:
        if VARIABLE.fullmatch(piece) or not literal(piece):
            return piece
        scheme = _SCHEME.match(piece)
        head = scheme[0] if scheme else ""
        # Its lines stay: every place in the config is a line.
        return head + self.mask(piece[len(head) :]) + "\n" * piece.count("\n")

    def _without_secrets(self, text: str) -> str:
        """What is a variable to Nginx is no secret: it stays."""
        kept = VARIABLE.findall(text)
        if not kept:
            return self.hide(text)
        pieces = [self.hide(piece) for piece in VARIABLE.split(text)]
        return "".join(one for pair in zip(pieces, [*kept, ""], strict=True) for one in pair)

    def _line(self, line: str) -> str:
        changed = self._without_secrets(line)
        return changed if changed == line or _shape(changed) == _shape(line) else line


def _bare(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word


def _shape(text: str) -> list[str]:
    """The kinds of the tokens, in order."""
    return [token.lastgroup or "" for token in _TOKEN.finditer(text)]
