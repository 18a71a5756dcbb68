"""Extract the program's messages and keep the translations in step with them."""

import ast
import io
from dataclasses import dataclass
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
_HEADERS = (
    "Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
"""What of gettext's header is written: what a reader of the file needs."""


@dataclass(frozen=True, slots=True)
class Use:
    """One call of `tr` or `plural`: its line, its message and whether values are put into it.

    The message is None where it is no constant, which cannot be translated.
    """

    line: int
    message: str | None
    has_values: bool


def uses(path: Path) -> list[Use]:
    """The messages of a module, in the order of its lines."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    calls = (node for node in nodes if isinstance(node, ast.Call))
    found = [use for call in calls if (use := _use(call)) is not None]
    return sorted(found, key=lambda use: use.line)


def _use(call: ast.Call) -> Use | None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "tr" and call.args:
        return Use(call.lineno, _text(call.args[0]), bool(call.keywords))
    if name == "plural" and len(call.args) == 2:
        noun = _text(call.args[1])
        return Use(call.lineno, noun and f"{{count}} {noun}", True)
    return None


def _text(argument: ast.expr) -> str | None:
    value = argument.value if isinstance(argument, ast.Constant) else None
    return value if isinstance(value, str) else None


def source_files() -> list[Path]:
    """The modules whose messages are translated."""
    files = (path for part in ("wizard", "screens") for path in (ROOT / part).rglob("*.py"))
    return sorted(path for path in files if path != Path(messages.__file__))


def current_list() -> Catalog:
    """The messages of the program as it is, each with the files that use it."""
    catalog = _empty(None)
    for path in source_files():
        name = str(path.relative_to(ROOT))
        for use in uses(path):
            assert use.message, f"{name}:{use.line}: a message is no constant"
            catalog.add(use.message, locations=[(name, 0)])
    return catalog


class _Catalog(Catalog):
    """A catalogue whose header has no names, addresses and dates."""

    @property  # type: ignore[misc]
    def mime_headers(self) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in super().mime_headers if name in _HEADERS]
        return [("Project-Id-Version", "ssewizard"), *kept]


def _empty(locale: str | None) -> Catalog:
    comment = "# Messages of ssewizard; `make messages` writes this file."
    return _Catalog(locale, header_comment=comment, fuzzy=False)


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
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The catalogue as the program reads it."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
