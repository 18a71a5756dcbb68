"""Each property with inputs that hypothesis makes, the same ones at every run."""

import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import FUZZED
from wizard.nginx.words import split_words

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
"""How many inputs a property gets; more than the usual ones are random at every run."""
_SLOW = frozenset({"changed_case", "repeated_log_line"})
"""These get a tenth."""
bounded = settings(
    max_examples=EXAMPLES,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", FUZZED)
def test_property(name: str) -> None:
    fuzzed = FUZZED[name]
    piece = st.one_of(st.sampled_from(fuzzed.pieces), st.binary(max_size=12))
    inputs = st.lists(piece, max_size=30).map(b"".join)

    @settings(bounded, max_examples=EXAMPLES // 10 if name in _SLOW else EXAMPLES)
    @given(st.one_of(inputs, st.binary(max_size=200)))
    def check(data: bytes) -> None:
        fuzzed.check(data)

    check()


_WORD = st.text("abz09_./:~^*=-\u00e9", min_size=1, max_size=8)
_QUOTED = st.text("ab {};#\n\t$=\u00e9", max_size=8)
_DIRECTIVE = st.tuples(_WORD, st.lists(st.one_of(_WORD, _QUOTED.map(lambda text: f'"{text}"'))))


@bounded
@given(st.lists(_DIRECTIVE, max_size=6), st.sampled_from([" ", "\n", "\t", " \n "]))
def test_words_are_those_of_crossplane(directives: list[tuple[str, list[str]]], blank: str) -> None:
    """crossplane is another reader of Nginx's configs."""
    from crossplane.lexer import _lex_file_object

    parts = [part for name, args in directives for part in (name, *args, ";")]
    text = blank.join(["a", "{", *parts, "}", ""])
    words = [(word, is_mark) for word, _, is_mark in split_words(text, "nginx.conf")]
    theirs = [
        (word, not quoted and word in "{};")
        for word, _, quoted in _lex_file_object(io.StringIO(text))
    ]
    assert words == theirs
    assert [word for word, _ in words] == ["a", "{", *(part.strip('"') for part in parts), "}"]
