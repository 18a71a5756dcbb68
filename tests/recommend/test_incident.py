"""The incident's `location /`: what the block and the diff must be, to the letter."""

from tests.recommend.builders import case_of, diagnosis_of, resolution_of
from wizard.model.diagnosis import Recommendation
from wizard.recommend import recommend

INCIDENT = """\
events {}
http {
    server {
        listen 8081;

        location / {
            proxy_pass http://svc-bot-prod:12213;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_connect_timeout 300;
            proxy_read_timeout 300;
            proxy_buffers 8 64k;
        }
    }
}
"""
DIFF = """\
--- nginx.conf
+++ nginx.conf
@@ -2,6 +2,16 @@
 http {
     server {
         listen 8081;
+
+        location = /sse {
+            proxy_pass http://svc-bot-prod:12213;
+            proxy_buffering off;
+            proxy_set_header Host $host;
+            proxy_set_header X-Real-IP $remote_addr;
+            proxy_connect_timeout 300;
+            proxy_read_timeout 3600s;
+            proxy_buffers 8 64k;
+        }
 
         location / {
             proxy_pass http://svc-bot-prod:12213;
"""


def _incident() -> Recommendation:
    recommendation = recommend(
        case_of(resolution_of(INCIDENT)), diagnosis_of("proxy-buffering-hold")
    )
    assert recommendation
    return recommendation


def test_the_diff_adds_a_location_beside_the_one_that_serves() -> None:
    assert _incident().diff == DIFF
    assert _incident().insert_at == "nginx.conf:6"


def test_the_block_is_what_the_diff_adds() -> None:
    added = [line[1:] for line in DIFF.splitlines() if line.startswith("+ ")]
    comment, *block = _incident().block.splitlines()
    assert comment == "        # insert before line 6 of nginx.conf:"
    assert block == [line for line in added if line]


def test_every_line_has_a_reason_and_kept_lines_begin_with_kept() -> None:
    (part,) = _incident().parts
    lines = part.lines
    assert all(line.reason for line in lines)
    changed = {line.text.split()[0] for line in lines if not line.kept}
    assert changed == {"location", "proxy_buffering", "proxy_read_timeout", "}"}
    assert all(line.reason.startswith("kept: ") for line in lines if line.kept)


def test_usual_advice_that_is_left_out_is_listed() -> None:
    left_out = [line for line, _ in _incident().omitted]
    assert "proxy_set_header X-Accel-Buffering no;" in left_out
    assert "proxy_http_version 1.1;" in left_out
    assert "proxy_cache off;" in left_out


def test_a_line_that_the_location_has_is_not_listed_as_left_out() -> None:
    has = INCIDENT.replace("proxy_buffers 8 64k;", "proxy_http_version 1.1;")
    recommendation = recommend(case_of(resolution_of(has)), diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    assert "proxy_http_version 1.1;" not in [line for line, _ in recommendation.omitted]


def test_nothing_is_recommended_where_nginx_is_not_at_fault() -> None:
    case = case_of(resolution_of(INCIDENT))
    assert recommend(case, diagnosis_of("backend-silent", where="backend")) is None
    assert recommend(case, diagnosis_of("upstream-unreachable")) is None
    assert recommend(case, diagnosis_of(risks=["idle-read-timeout"])) is None
    unbuffered = resolution_of("server { location / { grpc_pass b; } }", kind="grpc")
    assert recommend(case_of(unbuffered), diagnosis_of("proxy-buffering-hold")) is None


def test_the_summary_names_the_changes_and_the_path() -> None:
    assert _incident().summary == (
        "proxy_buffering off and proxy_read_timeout 3600s, in a location for /sse alone that "
        "keeps everything that applies there today: insert before line 6 of nginx.conf"
    )
