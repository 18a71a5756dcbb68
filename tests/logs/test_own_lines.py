"""Lines of our own requests: those that we ended ourselves are told apart from held ones."""

from dataclasses import replace

import pytest

from tests.logs.lines import CANCELED
from tests.logs.test_history import history_of
from tests.rules.samples.build import make_case, make_log_line
from wizard.investigation.step_results import rate_logs
from wizard.logs.own_lines import with_outcomes
from wizard.model.case import Case
from wizard.model.log_report import LogLine, LogReport

LABEL = "sse-proxy h1 identity"
LEFT = '10.0.0.9 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 %s "-" "x"'


def case(kind: str) -> Case:
    return make_case(proxy=kind, direct="live", settings={"proxy_buffering": "off"})


def interpreted(line: LogLine, kind: str) -> LogLine:
    """The line in a case whose proxied probes are of this kind."""
    ((only,),) = [report.lines for report in with_outcomes([_report(line)], case(kind))]
    return only


def _report(line: LogLine) -> LogReport:
    return LogReport("a.log", (line,), 1)


@pytest.mark.parametrize("size", [0, 80])
def test_a_499_of_a_probe_that_was_live_shows_no_fault(size: int) -> None:
    line = interpreted(make_log_line(LEFT % size, client=LABEL), "live")
    assert line.tag == ""
    assert line.meaning.endswith("this was our own request: it was live, and we closed it")
    assert rate_logs([_report(line)])[0] == "pass"


def test_a_499_of_a_held_probe_stays() -> None:
    line = make_log_line(LEFT % 0, client=LABEL)
    assert interpreted(line, "held") == line
    assert rate_logs([_report(line)])[0] == "warn"


def test_a_499_of_another_client_stays() -> None:
    line = make_log_line(LEFT % 0, ours=False)
    assert interpreted(line, "live") == line


def canceled(suffix: str = "") -> LogLine:
    return make_log_line(f"{CANCELED}{suffix} message processing canceled.")


@pytest.mark.parametrize(
    ("suffix", "kind", "ours", "meaning"),
    [
        ("", "live", True, "as happens when we close our own requests; none of them was held"),
        ("", "held", True, "so initialize never arrived"),
        (", Client (ssewizard 0.1.0)", "held", True, "our own MCP session"),
        (", Client (claude 0.1)", "live", False, "another client left"),
    ],
    ids=["live", "held", "own-session", "customer"],
)
def test_whose_request_was_canceled(suffix: str, kind: str, ours: bool, meaning: str) -> None:
    line = interpreted(canceled(suffix), kind)
    assert (line.tag, line.ours) == ("canceled", ours)
    assert meaning in line.meaning
    assert "hang" not in line.meaning


def test_a_session_of_an_earlier_run_is_no_customers() -> None:
    own = f"2026-11-23T15:58:30Z {canceled(', Client (ssewizard 0.1.0)').text}"
    theirs = f"2026-11-23T15:59:30Z {canceled(', Client (claude 0.1)').text}"
    assert history_of(own, theirs).clients == (("claude 0.1", 1),)


def test_a_probe_that_was_not_made_tells_nothing() -> None:
    line, unmade = canceled(), case("live")
    results = tuple(replace(result, outcome="not-offered") for result in unmade.proxy)
    unmade = replace(unmade, proxy=results, direct=())
    assert with_outcomes([_report(line)], unmade)[0].lines == (line,)
