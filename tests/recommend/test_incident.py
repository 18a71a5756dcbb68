"""The incident's `location /`: what the block and the diff must be, to the letter."""

from tests.recommend.sites import case, diagnosis, resolution
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
    made = recommend(case(resolution(INCIDENT)), diagnosis("proxy-buffering-hold"))
    assert made
    return made


def test_the_diff_carves_a_location_out_of_the_one_that_serves() -> None:
    assert _incident().diff == DIFF
    assert _incident().insert_at == "nginx.conf:6"


def test_the_block_is_what_the_diff_adds() -> None:
    added = [line[1:] for line in DIFF.splitlines() if line.startswith("+ ")]
    assert _incident().block.splitlines() == [line for line in added if line]


def test_every_line_has_its_reason_and_kept_lines_say_so() -> None:
    lines = _incident().lines
    assert all(line.reason for line in lines)
    changed = {line.text.split()[0] for line in lines if not line.kept}
    assert changed == {"location", "proxy_buffering", "proxy_read_timeout", "}"}
    assert all(line.reason.startswith("kept: ") for line in lines if line.kept)


def test_the_usual_advice_is_named_where_it_is_left_out() -> None:
    left_out = [line for line, _ in _incident().omitted]
    assert "proxy_set_header X-Accel-Buffering no;" in left_out
    assert "proxy_http_version 1.1;" in left_out
    assert "proxy_cache off;" in left_out


def test_what_the_location_has_already_is_not_called_left_out() -> None:
    has = INCIDENT.replace("proxy_buffers 8 64k;", "proxy_http_version 1.1;")
    made = recommend(case(resolution(has)), diagnosis("proxy-buffering-hold"))
    assert made
    assert "proxy_http_version 1.1;" not in [line for line, _ in made.omitted]


def test_nothing_is_recommended_where_nginx_is_not_at_fault() -> None:
    known = case(resolution(INCIDENT))
    assert recommend(known, diagnosis("backend-silent", where="backend")) is None
    assert recommend(known, diagnosis("upstream-unreachable")) is None
    assert recommend(known, diagnosis(risks=["idle-read-timeout"])) is None
    unbuffered = resolution("server { location / { grpc_pass b; } }", kind="grpc")
    assert recommend(case(unbuffered), diagnosis("proxy-buffering-hold")) is None


def test_the_summary_says_what_changes_and_for_whom() -> None:
    assert _incident().summary == (
        "proxy_buffering off and proxy_read_timeout 3600s, in a location for /sse alone that "
        "keeps all that holds there today"
    )
