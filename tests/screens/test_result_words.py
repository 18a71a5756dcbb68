"""The result of each step in the step list."""

from screens.panes.words import result_words
from tests.rules.samples.build import make_case, make_handshake
from tests.screens.investigations import FakeInvestigation
from wizard.investigation.step_results import rate_results
from wizard.model.steps import STEPS, StepState


def test_a_server_that_answers_by_post_alone_has_no_fault_in_the_list() -> None:
    proxied = make_handshake("proxy", transport="streamable-http", status=200)
    direct = make_handshake("direct", transport="streamable-http", status=200)
    case = make_case(proxy="405", direct="405", handshakes=(proxied, direct))
    steps = {step: StepState(step) for step in STEPS}
    steps["proxy"] = StepState("proxy", *rate_results(case.proxy, proxied))
    steps["direct"] = StepState("direct", *rate_results(case.direct, direct))
    assert [steps["proxy"].state, steps["direct"].state] == ["pass", "pass"]
    assert set(result_words(FakeInvestigation(case, steps)).values()) == {""}
