"""What a pane says, drawn without the app."""

from dataclasses import replace

from screens.panes import config
from screens.panes.view import View
from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.diagnosis import Diagnosis, Evidence
from wizard.model.steps import StepState


def drawn_config(conf: str, diagnosis: Diagnosis | None = None) -> str:
    """The pane of the config in which this server serves the stream."""
    case = make_case(proxy="held", direct="live", conf=conf)
    view = View(
        "config",
        StepState("config", "pass"),
        case,
        diagnosis,
        None,
        width=200,
        height=40,
        second_width=200,
    )
    return "\n".join(row.text.plain for panel in config.draw(view) for row in panel.rows)


def test_the_config_pane_names_what_nginx_answers_itself() -> None:
    shown = drawn_config("server { listen 80; location / { return 301 https://$host/sse; } }")
    assert "Nginx itself answers 301" in shown
    assert "\nupstream  " not in shown


def test_the_config_pane_says_what_is_held_without_an_unknown_filter() -> None:
    proxied = "proxy_http_version 1.1; proxy_pass http://127.0.0.1:12213;"
    shown = drawn_config(f"server {{ listen 80; location / {{ coraza on; {proxied} }} }}")
    assert "undecided, else tail-held" in shown


def test_the_config_pane_compares_the_backends_request_with_the_clients() -> None:
    lines = "proxy_pass http://10.0.0.7:80/mcp/;\nproxy_set_header X-Real-IP $remote_addr;"
    shown = drawn_config(f"server {{ listen 80; location / {{\n{lines}\n}} }}")
    assert "What the backend gets, against the client's request\n  ~ /sse → /mcp/sse " in shown
    assert "  + X-Real-IP: $remote_addr (not decided)" in shown
    assert "  ~ Host: " in shown
    assert "nginx.conf:3\n" in shown


def test_the_config_pane_shows_no_request_for_other_protocols() -> None:
    shown = drawn_config("server { listen 80; location / { fastcgi_pass 127.0.0.1:9000; } }")
    assert "What the backend gets" not in shown


def test_the_config_pane_masks_a_credential_that_the_config_sends() -> None:
    lines = "proxy_pass http://10.0.0.7:80; proxy_set_header Authorization 'Bearer abcdefghij';"
    shown = drawn_config(f"server {{ listen 80; location / {{ {lines} }} }}")
    assert "+ Authorization: [redacted-1]" in shown
    assert "abcdefghij" not in shown


def test_the_config_pane_marks_the_settings_of_the_evidence_and_no_others() -> None:
    lines = "proxy_pass http://10.0.0.7:80;\nproxy_buffering on;\nproxy_cache off;"
    conf = f"server {{ listen 80; location / {{\n{lines}\n}} }}"
    case = make_case(proxy="held", direct="live", conf=conf)
    quoted = Evidence("config", "nginx.conf:9", "proxy_buffering on, proxy_cache off", "gzip")
    cause = replace(diagnose(case).causes[0], evidence=(quoted,))
    shown = drawn_config(conf, replace(diagnose(case), causes=(cause,)))
    assert [row.split()[1] for row in shown.splitlines() if row.startswith("✗")] == ["gzip"]
