"""Incidents of the kinds that users report: the cause with all evidence, never a wrong one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.fronts import NGINX
from tests.servers.reports import REPORTS, Report, running_report
from tests.servers.running import answers, describe
from tests.tools import require


def cases() -> Iterator[object]:
    for report in REPORTS:
        marks = [pytest.mark.xfail(strict=True, reason=report.xfail)] if report.xfail else []
        for age in report.nginx:
            yield pytest.param(report, age, id=f"{report.name}-{age}", marks=marks)


@pytest.mark.parametrize(("report", "age"), cases())
def test_the_cause_is_named_and_no_other(
    report: Report, age: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    require("curl", NGINX[age])
    if lacking := [path for path in report.requires if not Path(path).exists()]:
        pytest.skip(f"needs {', '.join(lacking)}")
    with running_report(report, age, tmp_path) as place:
        said = list(answers(place, is_nginx=True, options=report.options))
    wanted = ", ".join(sorted(report.wanted)) or "healthy"
    record_property("row", f"{report.name} on nginx-{age} | {wanted} | {describe(said)}")
    if mistakes := {answer.evidence: wrong for answer in said if (wrong := report.wrong(answer))}:
        pytest.fail(f"{mistakes}, and it is {wanted}: {describe(said)}", pytrace=False)
