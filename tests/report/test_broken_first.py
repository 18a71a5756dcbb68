"""The order of the rows before and after a fix, and their signs."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_handshake
from wizard.model.attempt import Attempt
from wizard.model.case import Case
from wizard.report.proof import before_and_now


def _case(get: str, *, direct: str) -> Case:
    """The handshake failed before and succeeds now; the GET is answered alike both times."""
    failed = make_handshake("proxy", stage="initialize", status=400)
    both = tuple(
        replace(each, transport="streamable-http")
        for each in (make_handshake("proxy"), make_handshake("direct"))
    )
    case = make_case(proxy=get, direct=direct, handshakes=both)
    before = Attempt(proxied=case.proxy, handshakes=(failed,))
    return replace(case, baseline=before)


def test_the_messages_that_were_broken_stand_first() -> None:
    first, *others = before_and_now(_case("live", direct="live"))
    assert (first.name, first.was_well, first.is_well) == ("MCP", False, True)
    assert others


def test_a_get_that_the_backend_refuses_too_has_no_sign() -> None:
    first, *others = before_and_now(_case("405", direct="405"))
    assert first.name == "MCP"
    assert {(row.was_well, row.is_well) for row in others} == {(None, None)}
