"""Wherever a real client fails the tool is not healthy; wherever it works nobody is accused."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.incidents import INCIDENTS, Incident
from tests.servers.running import (
    Answer,
    Verdict,
    answers,
    ask_all,
    describe,
    incident,
    open_streams,
)
from tests.tools import require

WORKS = {True: "works", False: "FAILS", None: "is slow"}


def all_work(seen: list[Verdict]) -> bool | None:
    """Whether every client works: False if one does not, None if that cannot be said."""
    results = {verdict.works for verdict in seen}
    return False if False in results else None if None in results else True


def wrong(case: Incident, works: bool | None, answer: Answer) -> str:
    """Return what is wrong with this answer, or an empty text."""
    if works:
        accuses = answer.verdict == "fault" or answer.accused
        return f"accuses {answer.accused}, and every client works" if accuses else ""
    if answer.verdict == "healthy" and works is False and answer.has_at_least(case.seen_with):
        return "healthy, and a client fails"
    if others := [cause for cause in answer.accused if cause not in case.allowed]:
        return f"names {others}, and not one of {sorted(case.allowed)}"
    if answer.recommendation and not case.front.is_nginx:
        return "recommends a block for Nginx to another product"
    return ""


def row(case: Incident, seen: list[Verdict], said: list[Answer]) -> str:
    clients = "; ".join(f"{v.judge} {WORKS[v.works]}: {v.why}" for v in seen)
    return " ".join(f"{case.name} | {clients} | {describe(said)}".split())


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.name.replace(" ", "-"),
            marks=[pytest.mark.xfail(strict=True, reason=case.xfail)] if case.xfail else [],
        )
        for case in INCIDENTS
    ],
)
def test_the_tool_agrees_with_the_clients(
    case: Incident, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    require(case.front.program, *(judge.command[0] for judge in case.server.judges))
    with ExitStack() as stack:
        place = stack.enter_context(incident(case.server, case.front, tmp_path))
        stack.enter_context(open_streams(place.public, case.customers))
        direct, seen = ask_all(case.server, place)
        said = list(answers(place, case.front.is_nginx))
    record_property("row", row(case, seen, said))
    if all_work(direct) is False and not case.customers:
        pytest.fail(f"the server does not work without the front: {direct}", pytrace=False)
    works = all_work(seen)
    faults = {a.evidence: wrong(case, works, a) for a in said if wrong(case, works, a)}
    if faults:
        pytest.fail(f"{faults}; the clients: {seen}", pytrace=False)
