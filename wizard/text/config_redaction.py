"""A config's text without the credentials in it: the same lines, the same words in each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wizard.text.text import MASK, redact

Change = Callable[[str], str]
_TOKEN = re.compile(
    r"""[ \t\r\n]+ | \#(?P<comment>[^\r\n]*) | (?P<mark>[;{}])
      | (?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{|[^ \t\r\n;{\\])+|.)""",
    re.VERBOSE | re.DOTALL,
)
NAMED_VALUE = re.compile(r"(proxy_set_header|\w+_param|add_header|set)$")
SECRET_NAME = re.compile(
    r"(?i)authorization|cookie|token|secret|passw|api[-_]?key|credential|session|signature"
)
_SECRET_ARGUMENT = re.compile(
    rf"(?i)\(?\$\{{?(?:arg|http)_(?:\w*_)?(?:key|code|sig|state|nonce|otp|ticket|sid|auth|jwt)\b"
    rf"|\(?\$.*(?:{SECRET_NAME.pattern.removeprefix('(?i)')})"
)
"""A variable of the client's that a credential is compared with, in an `if`. What `$arg_k` holds
nobody knows: it is none."""
_LINK_SECRETS = frozenset({"secure_link_md5", "secure_link_secret"})
_SHORTEST = 4
"""What is shorter than this, in characters, is no credential: `if ($cookie_beta = 1)`."""
VARIABLE = re.compile(r"\$\{\w+\}|\$\w+")
_SCHEME = re.compile(r"(?i)(?:basic|bearer|token|digest|negotiate)\s+")
_SCHEME_ALONE = re.compile(r"(?i)^(basic|bearer|token|digest|negotiate)$")
_PADDED = re.compile(r"(?P<before>\s*)(?P<core>.*?)(?P<after>\s*)", re.DOTALL)
_AROUND = re.compile(r"(\(?[\"']?)(.*?)([\"']?\)?)", re.DOTALL)
_OF_MAP = frozenset({"default", "hostnames", "volatile", "include", '""', "''"})


def hidden_config(text: str, hide: Change, mask: Change) -> str:
    """The text with each credential written over; what comes from a variable is none.

    Args:
        hide: Writes over what reads as a secret in a text.
        mask: What stands in place of one secret.
    """
    return _Writer(hide, mask).write(text)


def hidden_words(name: str, args: Sequence[str]) -> str:
    """A directive's arguments in one line, each credential written over."""
    writer = _Writer(redact, lambda secret: MASK, [name])
    return " ".join(map(writer.argument, args))


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
            return self.argument(token["word"])
        return token[0]

    def argument(self, word: str) -> str:
        """The statement's next word, written over where it is a credential."""
        written = self._word(word)
        self.words.append(word)
        return written

    def _mark(self, mark: str) -> None:
        if mark == "{":
            self.blocks.append(self.words)
        elif mark == "}" and self.blocks:
            self.blocks.pop()
        self.words = []

    def _word(self, word: str) -> str:
        if _is_assigned(self.words, word):
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
        if before and before[0] in _LINK_SECRETS:
            return bool(literal(_bare(word)))
        if before[:1] == ["if"]:
            return _is_compared([one for one in before[1:] if one != "("], word)
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
        found = _PADDED.fullmatch(piece)
        assert found is not None
        scheme = _SCHEME.match(found["core"])
        head = scheme[0] if scheme else ""
        secret = found["core"][len(head) :]
        # Its lines stay: every place in the config is a line.
        masked = self.mask(secret) + "\n" * secret.count("\n")
        return f"{found['before']}{head}{masked}{found['after']}"

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


def _is_assigned(before: list[str], word: str) -> bool:
    """Whether a script in the config gives it to a variable that is called like a credential."""
    name = before[-2] if before[-1:] == ["="] and len(before) > 1 else ""
    is_variable = bool(SECRET_NAME.search(name)) and name[0] not in "($"
    return is_variable and len(word) > 2 and word[0] in "'\"" and word[-1] == word[0]


def _is_compared(before: list[str], word: str) -> bool:
    """Whether an `if` asks for this very value of a variable that is called like a credential; a
    pattern is none."""
    if len(before) != 2 or before[1] not in ("=", "!="):
        return False
    found = _AROUND.fullmatch(word)
    said = literal(found[2]) if found else ""
    return bool(_SECRET_ARGUMENT.match(before[0])) and len(said) >= _SHORTEST


def literal(value: str) -> str:
    """What a value holds besides variables and the name of its scheme."""
    return _SCHEME_ALONE.sub("", VARIABLE.sub("", value).strip())


def _bare(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word


def _shape(text: str) -> list[str]:
    """The kinds of the tokens, in order."""
    return [token.lastgroup or "" for token in _TOKEN.finditer(text)]
