"""Every field of a case file with a wrong type, an absurd value, or control characters."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from screens.app import Wizard
from tests.hostile.cases.whole import CONTROL, as_bytes, attempt, places, whole_case
from wizard.cli.check import report_of
from wizard.cli.option_groups import FORMATS
from wizard.investigation.casefile import dump, read_bytes
from wizard.investigation.saved import SavedInvestigation
from wizard.model.steps import STEPS

_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]")
WRONG: tuple[Any, ...] = (None, -1.5, "x", [1, "x"], {"x": 1})
NUMBERS: tuple[float, ...] = (0, -1, -(2**53), 2**53, 1e-300, 253_402_300_799)


def assert_shown_or_refused(document: Any) -> bool:
    """Assert that it can be read and every report made of it, or that it is refused in one
    sentence; return whether it can be read."""
    record = attempt(as_bytes(document))
    if isinstance(record, str):
        assert re.fullmatch(r"case\.json: not a case file: [^\n]{3,300}", record)
        return False
    assert_rendered(SavedInvestigation(record))
    return True


def assert_rendered(investigation: SavedInvestigation) -> None:
    investigation.conclude()
    for format in FORMATS:
        report = report_of(investigation, format, "-", investigation.elapsed_s)
        found = _UNSAFE.search(report)
        assert found is None, f"{format}: {report[found.start() - 90 : found.end() + 9]!r}"


def test_a_whole_case_is_read_again_alike() -> None:
    record = read_bytes(as_bytes(whole_case("word", 7)), "case.json")
    text = dump(record)
    assert dump(read_bytes(text.encode(), "case.json")) == text


def test_every_field_with_a_wrong_type_is_refused_with_its_place() -> None:
    refused = 0
    whole = whole_case()
    for holder, key, where in fields_of(whole):
        before = holder[key]
        for wrong in WRONG:
            holder[key] = wrong
            if isinstance(problem := attempt(as_bytes(whole)), str):
                refused += 1
                assert len(problem) < 200
                assert _names(problem, where), (where, wrong, problem)
        holder[key] = before
    assert refused > 500


def _names(message: str, where: str) -> bool:
    """True if the message names the place, one inside it, or one around it.

    Keys of mappings are not named; a config that is missing is named where it is referred to.
    """
    named = message.split(": ")[2].partition("[...]")[0]
    around = where.rpartition(".")[0]
    if named == "the document":
        return "." not in where
    return named.startswith((where, around or where, "resolutions")) or where.startswith(named)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_absurd_number_in_every_field_gives_reports(number: float) -> None:
    assert_shown_or_refused(whole_case("x", number))


@pytest.mark.parametrize("number", [-1, 2**53])
def test_an_absurd_number_in_one_field_gives_reports(number: int) -> None:
    whole = whole_case()
    for holder, key, _ in fields_of(whole):
        if type(before := holder[key]) in (int, float):
            holder[key] = number
            assert_shown_or_refused(whole)
            holder[key] = before


def fields_of(document: Any) -> Iterator[tuple[Any, Any, str]]:
    """The places in a JSON value, each field of each type once."""
    fields: dict[str, tuple[Any, Any, str]] = {}
    for holder, key, where in places(document):
        fields.setdefault(re.sub(r".*\.(\w+[^.]*\.\w+)$", r"\1", where), (holder, key, where))
    yield from fields.values()


def test_control_characters_in_every_text_reach_no_report() -> None:
    assert assert_shown_or_refused(whole_case(CONTROL))


async def test_control_characters_in_every_text_reach_no_screen() -> None:
    record = read_bytes(as_bytes(whole_case(CONTROL)), "case.json")
    async with Wizard(SavedInvestigation(record)).run_test(size=(120, 300)) as pilot:
        for key in map(str, range(1, len(STEPS) + 1)):
            await pilot.press(key)
            await pilot.pause()
            strips = pilot.app.screen._compositor.render_strips()
            for strip in strips:
                text = "".join(segment.text for segment in strip)
                assert not _UNSAFE.search(text), (key, text)
