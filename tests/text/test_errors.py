"""The messages of libraries in a reader's words."""

import pytest

from wizard.text.errors import describe_error


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("illegal status line: bytearray(b'ICY 200')", "illegal status line: ICY 200"),
        (
            "malformed footer: b'9\\r' (expected b'\\r\\n')",
            "malformed footer: 9\\r (expected \\r\\n)",
        ),
        ("InvalidBodyLengthError: Expected 5 bytes", "Expected 5 bytes"),
        ("the integer is too long: <memory at 0x7f89fb15fc40>", "the integer is too long"),
        ("", "ValueError"),
    ],
)
def test_a_librarys_message(message: str, expected: str) -> None:
    assert describe_error(ValueError(message)) == expected
