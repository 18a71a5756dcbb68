"""The list of messages is current, and every language is complete."""

import re
import string
from dataclasses import dataclass

import pytest

from tests.messages.catalogue import (
    LIST,
    LOCALE,
    current_list,
    mo_bytes,
    mo_file,
    po_file,
    po_text,
    read,
    source_files,
    updated,
    uses,
)
from wizard.diagnose.rule_text import parse_rule_text, read_rule_text
from wizard.diagnose.rules import rule_ids
from wizard.text.messages import LANGUAGES

TRANSLATIONS = LANGUAGES[1:]
_CODE = re.compile(r"`([^`{}]+)`|(--[a-z][a-z-]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its translation."""

    id: str
    string: str
    fuzzy: bool


def entries(language: str) -> list[Entry]:
    """All messages of a language but the header."""
    messages = [message for message in read(po_file(language)) if message.id]
    return [Entry(_str(each.id), _str(each.string), each.fuzzy) for each in messages]


def _str(text: object) -> str:
    assert isinstance(text, str)
    return text


def places(text: str) -> list[str]:
    """The names of the values in a message, sorted."""
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def test_the_list_of_messages_is_current() -> None:
    assert LIST.read_bytes() == po_text(current_list()), "run `make messages`"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_the_translations_are_for_the_current_messages(language: str) -> None:
    catalog = updated(language)
    assert po_file(language).read_bytes() == po_text(catalog), "run `make messages`"
    assert mo_file(language).read_bytes() == mo_bytes(catalog), "run `make messages`"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_missing_or_only_guessed(language: str) -> None:
    assert [each.id for each in entries(language) if not each.string or each.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_values_of_its_message(language: str) -> None:
    valued = {use.message for path in source_files() for use in uses(path) if use.has_values}
    wrong = [
        (each.id, each.string)
        for each in entries(language)
        if each.id in valued and places(each.id) != places(each.string)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_keeps_directives_and_options(language: str) -> None:
    wrong = [
        (each.id, each.string)
        for each in entries(language)
        if any((code or option) not in each.string for code, option in _CODE.findall(each.id))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_begins_and_ends_with_the_blanks_of_its_message(language: str) -> None:
    wrong = [
        each.id for each in entries(language) if _line_ends(each.id) != _line_ends(each.string)
    ]
    assert wrong == []


def _line_ends(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize("id", rule_ids())
def test_each_failure_mode_is_explained(language: str, id: str) -> None:
    name = f"{id.replace('-', '_')}.md"
    text = parse_rule_text((LOCALE / language / "failure-modes" / name).read_text("utf-8"), name)
    english = read_rule_text(id)
    assert text.id == id
    assert text.references == english.references
    paragraphs = [len(part) for _, part in text.sections]
    assert paragraphs == [len(part) for _, part in english.sections]
