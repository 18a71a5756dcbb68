"""Redaction of credentials in an Nginx config's text; the number of lines and words stays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wizard.text.config_tokens import VARIABLE, Token, TokenKind, tokenize
from wizard.text.marks import MARKS, MASK, TextFunction
from wizard.text.redaction import redact

_NAMED_VALUE = re.compile(
    r"(?:(?:proxy|grpc)_set_header|\w+_param|add_header|add_trailer|set|js_var|perl_set|set_by_lua)$"
)
"""Directives whose first argument is a name, and whose second is its value."""
_SECRET_NAME = re.compile(
    r"(?i)authorization|cookie|token|secret|passw|passphrase|api[-_]?key|credential|session|signature"
    r"|(?:^|[-_$])(?:pw|pwd|pass|auth|jwt|otp|pin)(?:$|[-_])"
    r"|(?:access|private|secret|signing|master|client|auth|encryption)[-_]?key"
)
_SECRET_VARIABLE = re.compile(
    rf"(?i)\(?\$\{{?(?:arg|http)_(?:\w*_)?(?:key|code|sig|state|nonce|otp|ticket|sid|auth|jwt)\b"
    rf"|\(?\$.*(?:{_SECRET_NAME.pattern.removeprefix('(?i)')})"
)
"""A variable from the request that an `if` compares with a credential. A name such as `$arg_k`,
which does not show what it holds, does not count."""
_LINK_SECRETS = frozenset({"secure_link_md5", "secure_link_secret"})
_MIN_SECRET_LENGTH = 4
"""In characters: the value in `if ($cookie_beta = 1)` is no credential."""
_SCHEME = re.compile(r"(?i)(?:basic|bearer|token|digest|negotiate)\s+")
_SCHEME_ALONE = re.compile(r"(?i)^(basic|bearer|token|digest|negotiate)$")
_PADDED = re.compile(r"(?P<before>\s*)(?P<core>.*?)(?P<after>\s*)", re.DOTALL)
_ENCLOSED = re.compile(r"(\(?[\"']?)(.*?)([\"']?\)?)", re.DOTALL)
_MAP_KEYWORDS = frozenset({"default", "hostnames", "volatile", "include", '""', "''"})


def redact_config(text: str, redact_text: TextFunction, mask: TextFunction) -> str:
    """Return the config's text with every literal credential replaced; variables stay.

    Args:
        redact_text: Replaces everything that looks like a secret in any text.
        mask: Returns the replacement of one secret.
    """
    return _ConfigRedactor(redact_text, mask).write(text)


def redact_directive(name: str, args: Sequence[str], mask: TextFunction = MARKS.mark) -> str:
    """Return a directive's arguments in one line, with every credential masked."""
    redactor = _ConfigRedactor(lambda text: redact(text, mask), mask, [name])
    return " ".join(map(redactor.argument, args))


@lru_cache(maxsize=64)
def has_secrets(text: str) -> bool:
    """True if the config holds a credential. Cached: a case is saved often, its configs stay."""
    return redact_config(text, _mask_all, lambda secret: MASK) != text


def _mask_all(text: str) -> str:
    return redact(text, lambda secret: MASK)


@dataclass
class _ConfigRedactor:
    """Rewrites the tokens in order.

    Attributes:
        words: The words of the current statement so far.
        blocks: The words before the brace of each enclosing block.
    """

    redact_text: TextFunction
    mask: TextFunction
    words: list[str] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)

    def write(self, text: str) -> str:
        """Rewrite a text: by token, then by line, since a secret may span several words."""
        tokens = tokenize(text, lua_blocks=False)
        written = _join(text, ((token, self._token(token)) for token in tokens))
        return "\n".join(map(self._line, written.split("\n")))

    def argument(self, word: str) -> str:
        """Return the statement's next word, redacted."""
        written = self._word(word)
        self.words.append(word)
        return written

    def _token(self, token: Token) -> str:
        if token.kind is TokenKind.WORD:
            return self.argument(token.text)
        if token.kind is TokenKind.COMMENT:
            return f"#{self._comment(token.text[1:])}"
        if token.kind is TokenKind.OPEN:
            self.blocks.append(self.words)
        elif token.kind is TokenKind.CLOSE and self.blocks:
            self.blocks.pop()
        self.words = []
        return token.text

    def _comment(self, text: str) -> str:
        """Rewrite a comment as a separate config, and the text after a further `#` as another."""
        redactor = _ConfigRedactor(self.redact_text, self.mask)
        changes: list[tuple[Token, str]] = []
        for token in tokenize(text, lua_blocks=False, whole_comments=False):
            if token.kind is TokenKind.COMMENT:
                redactor = _ConfigRedactor(self.redact_text, self.mask)
                changes.append((token, token.text))
            else:
                changes.append((token, redactor._token(token)))
        return self._line(_join(text, changes))

    def _word(self, word: str) -> str:
        if _is_secret_assigned_in_lua(self.words, word):
            return f"{word[:1]}{self.mask(word[1:-1])}{word[-1:]}"
        if self._is_credential_by_position(word):
            return self._mask_literals(word)
        changed = self._without_secrets(word)
        is_one_word = changed == word or _kinds(changed) == _kinds(word)
        return changed if is_one_word else self._mask_literals(word)

    def _is_credential_by_position(self, word: str) -> bool:
        """True if the directive makes the word a credential, whatever it looks like."""
        before = self.words
        if len(before) >= 2 and _NAMED_VALUE.match(before[0]):
            is_named = bool(_SECRET_NAME.search(before[1]))
            return _is_opaque(word) or (is_named and bool(_literal_part(_unquoted(word))))
        if before and before[0] in _LINK_SECRETS:
            return bool(_literal_part(_unquoted(word)))
        if before[:1] == ["if"]:
            return _is_compared_secret([word for word in before[1:] if word != "("], word)
        block = self.blocks[-1] if self.blocks else []
        return block[:1] == ["map"] and self._is_secret_of_map(block, word)

    def _is_secret_of_map(self, block: list[str], word: str) -> bool:
        """True for the key of a map over a credential, and for the value of a map that gives one.

        A pattern (`~`) is not taken for a credential.
        """
        if self.words:
            gives = bool(_SECRET_NAME.search("".join(block[2:3])))
            is_value = len(self.words) == 1 and self.words[0] not in ("include", "hostnames")
            value = _literal_part(_unquoted(word))
            return is_value and (_is_opaque(word) or (gives and len(value) >= _MIN_SECRET_LENGTH))
        is_key = bool(_SECRET_NAME.search("".join(block[1:2])))
        return is_key and word not in _MAP_KEYWORDS and "~" not in word[:2]

    def _mask_literals(self, word: str) -> str:
        """Mask each literal between the variables; an auth scheme and the quotes around stay."""
        enclosed = _ENCLOSED.fullmatch(word)
        assert enclosed is not None
        parts = re.split(f"({VARIABLE.pattern})", enclosed[2])
        return f"{enclosed[1]}{''.join(map(self._mask_literal, parts))}{enclosed[3]}"

    def _mask_literal(self, text: str) -> str:
        if VARIABLE.fullmatch(text) or not _literal_part(text):
            return text
        padded = _PADDED.fullmatch(text)
        assert padded is not None
        scheme = _SCHEME.match(padded["core"])
        head = scheme[0] if scheme else ""
        secret = padded["core"][len(head) :]
        # Line ends stay: everything else refers to the config by line number.
        masked = self.mask(secret) + "\n" * secret.count("\n")
        return f"{padded['before']}{head}{masked}{padded['after']}"

    def _without_secrets(self, text: str) -> str:
        """Redact the text between Nginx's variables."""
        literals = map(self.redact_text, VARIABLE.split(text))
        pairs = zip(literals, [*VARIABLE.findall(text), ""], strict=True)
        return "".join(literal + variable for literal, variable in pairs)

    def _line(self, line: str) -> str:
        changed = self._without_secrets(line)
        return changed if changed == line or _kinds(changed) == _kinds(line) else line


def _join(text: str, changes: Iterator[tuple[Token, str]] | list[tuple[Token, str]]) -> str:
    """Return the text with each token replaced and the whitespace between them kept."""
    parts, end = list[str](), 0
    for token, replacement in changes:
        parts += [text[end : token.start], replacement]
        end = token.end
    return "".join([*parts, text[end:]])


_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=-]{24,}")
"""A value of this form has no meaning for a reader: a key, a hash, a random id."""


def _is_opaque(word: str) -> bool:
    text = _literal_part(_unquoted(word))
    return bool(_OPAQUE.fullmatch(_SCHEME.sub("", text))) and "/" not in text[:1]


def _is_secret_assigned_in_lua(before: list[str], word: str) -> bool:
    """True for a quoted word that Lua code assigns to a variable with a credential's name."""
    name = before[-2] if before[-1:] == ["="] and len(before) > 1 else ""
    is_variable = bool(_SECRET_NAME.search(name)) and name[0] not in "($"
    return is_variable and len(word) > 2 and word[0] in "'\"" and word[-1] == word[0]


def _is_compared_secret(before: list[str], word: str) -> bool:
    """True if an `if` compares exactly this value with a variable that has a credential's name.

    A pattern (`~`) is not taken for a credential.
    """
    if len(before) != 2 or before[1] not in ("=", "!="):
        return False
    enclosed = _ENCLOSED.fullmatch(word)
    value = _literal_part(enclosed[2]) if enclosed else ""
    return bool(_SECRET_VARIABLE.match(before[0])) and len(value) >= _MIN_SECRET_LENGTH


def _literal_part(value: str) -> str:
    """Return the value without variables, and without an auth scheme that stands alone."""
    return _SCHEME_ALONE.sub("", VARIABLE.sub("", value).strip())


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word


def _kinds(text: str) -> list[TokenKind]:
    return [token.kind for token in tokenize(text, lua_blocks=False)]
