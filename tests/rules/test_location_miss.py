"""location-miss: a location asks another backend than the stream's; client certificates."""

import pytest

from tests.rules.samples.build import make_case, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.recommend import recommend

REGEX = "location ~ ^/.* { proxy_pass http://127.0.0.1:7080; }"
MEANT = "location %s { proxy_pass http://%s; proxy_buffering off; }"
OWN = "127.0.0.1:12213"


def conf(*locations: str) -> str:
    return f"server {{ listen 8081; {' '.join(locations)} }}"


@pytest.mark.parametrize("kind", ["404", "html", "502"])
def test_a_regex_leads_to_another_backend(kind: str) -> None:
    case = make_case(proxy=kind, direct="live", conf=conf(MEANT % ("/sse", OWN), REGEX))
    diagnosis = diagnose(case)
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes][:1] == [
        ("location-miss", "confirmed")
    ]
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert "location ^~ /sse" in recommendation.block or "location = /sse" in recommendation.block


@pytest.mark.parametrize(
    "text",
    [
        conf(MEANT % ("/sse", "127.0.0.1:9000"), REGEX),  # the direct URL is that of neither
        conf(MEANT % ("/sse", OWN), REGEX.replace("7080", "12213")),  # the same backend
        conf(MEANT % ("/other", OWN), REGEX),  # meant for another path
    ],
)
def test_it_is_not_named_where_that_is_not_shown(text: str) -> None:
    case = make_case(proxy="404", direct="live", conf=text)
    assert "location-miss" not in {cause.id for cause in diagnose(case).causes}


def test_a_risk_does_not_call_a_stream_live_that_is_refused() -> None:
    case = make_case(proxy="404", direct="404", conf=conf(MEANT % ("/sse", OWN), REGEX))
    (risk,) = [each for each in diagnose(case).risks if each.id == "location-miss"]
    assert "live" not in risk.distinguishes


PAGE = "<html><head><title>400 %s</title></head><body>400<hr><center>nginx</center></body></html>"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("No required SSL certificate was sent", [("auth-gate", "confirmed")]),
        ("The SSL certificate error", [("auth-gate", "confirmed")]),
        ("Request Header Or Cookie Too Large", []),
    ],
)
def test_a_page_that_asks_for_a_certificate(reason: str, expected: list[tuple[str, str]]) -> None:
    text = conf(MEANT % ("/", OWN))
    case = with_answer(make_case(proxy="400", direct="live", conf=text), body=PAGE % reason)
    causes = [(cause.id, cause.confidence) for cause in diagnose(case).causes]
    assert [each for each in causes if each[0] == "auth-gate"] == expected
