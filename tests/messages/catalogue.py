"""Extract the program's messages and keep the translations in step with them."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import wizard
from wizard.text import messages

ROOT = Path(wizard.__file__).parents[1]
LOCALE = ROOT / "wizard" / "locale"
LIST = LOCALE / "messages.pot"
"""All messages in English, in the order of the files."""


def message_calls(path: Path) -> Iterator[tuple[int, str, ast.expr]]:
    """The calls of `tr` and `plural` in a file: the line, the function and the message."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "tr" and node.args:
                yield node.lineno, "tr", node.args[0]
            elif node.func.id == "plural" and len(node.args) == 2:
                yield node.lineno, "plural", node.args[1]


def source_files() -> list[Path]:
    """The modules whose messages are translated."""
    files = (path for part in ("wizard", "screens") for path in (ROOT / part).rglob("*.py"))
    return sorted(path for path in files if path != Path(messages.__file__))


def current_list() -> Catalog:
    """The messages of the program as it is, each with the files that use it."""
    catalog = _empty(None)
    for path in source_files():
        name = str(path.relative_to(ROOT))
        for line, function, argument in sorted(message_calls(path), key=lambda call: call[0]):
            text = argument.value if isinstance(argument, ast.Constant) else None
            assert isinstance(text, str), f"{name}:{line}: a message is no constant"
            text = text if function == "tr" else f"{{count}} {text}"
            catalog.add(text, locations=[(name, 0)])
    return catalog


def _empty(locale: str | None) -> Catalog:
    return Catalog(locale, project="ssewizard", fuzzy=False, charset="utf-8")


def po_file(language: str) -> Path:
    """The translations into a language."""
    return LOCALE / language / "LC_MESSAGES" / "ssewizard.po"


def mo_file(language: str) -> Path:
    """The same as the program reads it."""
    return po_file(language).with_suffix(".mo")


def read(path: Path) -> Catalog:
    """Read a list of messages or of translations."""
    with path.open("rb") as file:
        return read_po(file)


def updated(language: str) -> Catalog:
    """The translations that exist, for the current list; new messages are empty."""
    old = read(po_file(language)) if po_file(language).exists() else _empty(language)
    catalog = _empty(language)
    for message in current_list():
        if message.id:
            known = old.get(message.id)
            catalog.add(message.id, known.string if known else "", locations=message.locations)
    return catalog


def po_text(catalog: Catalog) -> bytes:
    """The catalogue as a file, the same for the same messages."""
    out = io.BytesIO()
    write_po(out, catalog, width=100, omit_header=False, include_lineno=False)
    lines = out.getvalue().decode().split("\n")
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By')
    return "\n".join(line for line in lines if not line.startswith(dated)).encode()


def mo_bytes(catalog: Catalog) -> bytes:
    """The catalogue as the program reads it."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
