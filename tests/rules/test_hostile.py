"""Whatever config, answers and logs come together, every rule ends in a finding or in none."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nginx_config.drawn import quiet
from tests.nginx_config.test_hostile import NESTED
from wizard.diagnose import diagnose
from wizard.model import Diagnosis
from wizard.rules import samples
from wizard.rules.replayed import answering

KINDS = st.sampled_from(
    ["live", "held", "silent", "cut:1", "cut:60", "closed", "html", "redirect:http://[/", "400",
     "401", "404", "405", "413", "421", "429", "500", "502", "503", "504"]
)  # fmt: skip
TAGS = st.sampled_from(
    [
        "upstream timed out (110: x) while reading upstream",
        "SSL_do_handshake() failed (SSL: wrong version number) while SSL handshaking to upstream",
        "upstream prematurely closed connection while reading response header from upstream",
        "gracefully shutting down",
        "connect() failed (111: x) while connecting to upstream",
    ]
)
HEADERS = st.sampled_from(
    [("location", "//["), ("via", "x"), ("server", "["), ("www-authenticate", "Bearer resource=["),
     ("access-control-allow-origin", ","), ("x-accel-buffering", "yes"), ("etag", "")]
)  # fmt: skip
ENDPOINTS = st.sampled_from(["/message?sessionId=1", "//[", "http://a:b/", "", "\x00"])


@given(NESTED, KINDS, KINDS, st.lists(TAGS, max_size=2), st.lists(HEADERS, max_size=2), ENDPOINTS)
@settings(**quiet(max_examples=200))
def test_every_rule_ends(
    conf: str,
    proxy: str,
    direct: str,
    said: list[str],
    headers: list[tuple[str, str]],
    endpoint: str,
) -> None:
    lines = [samples.logged(f"2026/11/23 16:00:00 [error] 7#7: *1 {text}") for text in said]
    case = samples.case(
        proxy=proxy, direct=direct, conf=f"server {{ listen 8081; {conf} }}", logs=tuple(lines)
    )
    spoken = replace(samples.hands("proxy", stage="initialize", status=404), endpoint=endpoint)
    case = replace(answering(case, tuple(headers)), handshakes=(spoken,))
    assert isinstance(diagnose(case), Diagnosis)
