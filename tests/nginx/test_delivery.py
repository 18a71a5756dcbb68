"""The delivery prediction from the config alone: sizes of events, and body filters.

Beside a real Nginx it is tested in `tests/nginx_real/test_delivery.py`, `test_event_sizes.py` and
`test_body_filters.py`.
"""

import json

import pytest

from tests.nginx.resolving import resolution
from wizard.diagnose.diagnose import config_findings
from wizard.model.resolution import RequestResolution
from wizard.nginx.delivery import smallest_cut_event
from wizard.report.inspect import inspect_json, inspect_text

OFF = "proxy_buffering off;"
LUA = "body_filter_by_lua_block { ngx.arg[1] = string.upper(ngx.arg[1]) }"
COLLECTING_LUA = "body_filter_by_lua_block { all = (all or '') .. ngx.arg[1]; ngx.arg[1] = nil }"


def resolve(directives: str, version: str = "1.31.3", http: str = "") -> RequestResolution:
    """The resolution with these directives in the location; they begin on line 3."""
    server = "server { listen 80; listen 443 ssl; http2 on; location / {"
    text = f"http {{ {http}\n{server}\n{directives}\nproxy_pass http://b; }} }} }}"
    return resolution(text, version=version)


def results(found: RequestResolution, encoding: str = "identity") -> dict[tuple[str, str], str]:
    """The predicted result by client and framing."""
    rows = (row for row in found.delivery if row.encoding == encoding)
    return {(row.client, row.upstream): row.result for row in rows}


@pytest.mark.parametrize(
    ("buffer_size", "expected"),
    [(1024, 1018), (4096, 4090), (8192, 8185), (16384, 16377), (131072, 131064), (4, 1)],
)
def test_the_smallest_event_that_does_not_fit_with_its_chunk(
    buffer_size: int, expected: int
) -> None:
    assert smallest_cut_event(buffer_size) == expected
    if expected > 1:
        assert len(f"{expected - 1:x}\r\n\r\n") + expected - 1 <= buffer_size
        assert len(f"{expected:x}\r\n\r\n") + expected > buffer_size


@pytest.mark.parametrize(
    ("directives", "tail_from"),
    [
        ("", 4090),
        ("proxy_buffer_size 8k;", 8185),
        ("proxy_buffer_size 8k; proxy_buffers 4 16k;", 8185),
        ("proxy_buffers 8 64k;", 4090),
        ("proxy_buffer_size 128k; proxy_buffers 8 64k;", 131064),
    ],
)
def test_buffers_decide_from_which_size_tails_are_held(directives: str, tail_from: int) -> None:
    found = resolve(directives)
    assert {row.tail_from for row in found.delivery if row.result == "tail-held"} == {tail_from}
    assert {row.tail_from for row in found.delivery if row.result != "tail-held"} == {None}
    assert results(found) == {
        ("h1", "chunked"): "tail-held", ("h1", "close"): "held",
        ("h1-tls", "chunked"): "held", ("h1-tls", "close"): "held",
        ("h2", "chunked"): "tail-held", ("h2", "close"): "held",
        ("h2c", "chunked"): "tail-held", ("h2c", "close"): "held",
    }  # fmt: skip


def test_nothing_is_held_with_buffering_off() -> None:
    assert set(results(resolve(OFF)).values()) == {"live"}


def test_http2_to_the_upstream_holds_no_tails() -> None:
    assert results(resolve("proxy_http_version 2;")) == {
        ("h1", "frames"): "live", ("h1-tls", "frames"): "held",
        ("h2", "frames"): "live", ("h2c", "frames"): "live",
    }  # fmt: skip


@pytest.mark.parametrize("prefix", ["fastcgi", "uwsgi", "scgi"])
def test_other_protocols_count_as_ended_by_close(prefix: str) -> None:
    text = f"server {{ listen 80; location / {{ {prefix}_pass b:1; }} }}"
    assert set(results(resolution(text)).values()) == {"held"}


def test_fastcgi_that_keeps_connections_holds_no_tails() -> None:
    text = "server { listen 80; location / { fastcgi_keep_conn on; fastcgi_pass b:1; } }"
    assert results(resolution(text)) == {("h1", "frames"): "live"}


@pytest.mark.parametrize(
    ("directives", "words"),
    [
        ("coraza on;", "coraza on"),
        ('modsecurity on; modsecurity_rules_file "/etc/rules.conf";', "modsecurity on"),
        ("zstd on;", "zstd on"),
        ("pagespeed on;", "pagespeed on"),
        ("a_directive_of_tomorrow fast;", "a_directive_of_tomorrow fast"),
        ("image_filter test;", "image_filter test"),
        (COLLECTING_LUA, "body_filter_by_lua_block"),
    ],
)
@pytest.mark.parametrize("buffering", ["", OFF])
def test_an_unknown_filter_is_undecided_and_named(
    directives: str, words: str, buffering: str
) -> None:
    found = resolve(f"{directives} {buffering}")
    assert {row.result for row in found.delivery} == {"undecided"}
    without = resolve(buffering)
    assert [row.otherwise for row in found.delivery] == [row.result for row in without.delivery]
    assert any(f"nginx.conf:3: `{words}`" in str(doubt) for doubt in found.undecided)
    reported = json.loads(inspect_json(found, config_findings(found)))
    assert {row["result"] for row in reported["delivery"]} == {"undecided"}
    (named,) = [each for each in reported["findings"] if each["id"] == "undecided"]
    assert named["where"] == "nginx.conf:3"
    assert words in named["text"]
    assert words in inspect_text(found, ())


@pytest.mark.parametrize(
    "directives",
    [
        "coraza off;",
        "modsecurity off; modsecurity_rules_file /etc/rules.conf;",
        "more_set_headers 'X-A: 1'; set_md5 $sum $uri;",
        "log_by_lua_file b.lua; header_filter_by_lua_file a.lua;",
        "js_header_filter main.headers; js_set $x main.x;",
        "sub_filter_types text/event-stream; sub_filter a b; ssi on; gunzip on; slice 1m;",
        "brotli on; subs_filter a b;",
        "proxy_limit_rate 0; limit_rate 0;",
        "geoip2_proxy 10.0.0.0/8; vhost_traffic_status off; otel_trace on;",
        "datadog_tracing on; datadog_service_name web;",
    ],
)
def test_what_does_not_hold_event_streams_changes_nothing(directives: str) -> None:
    for buffering in ("", OFF):
        found = resolve(f"{directives} {buffering}")
        assert found.delivery == resolve(buffering).delivery
        assert found.body_filters == ()
        assert not [doubt for doubt in found.undecided if "hold" in str(doubt)]


def test_an_inner_off_overrules_an_outer_filter() -> None:
    assert not resolve("modsecurity off;", http="modsecurity on;").body_filters
    (outer,) = resolve("", http="modsecurity on;").body_filters
    assert str(outer.where) == "nginx.conf:1"


@pytest.mark.parametrize("script", [LUA, "js_body_filter main.change buffer_type=buffer;"])
def test_a_body_filter_script_holds_while_buffering_is_on(script: str) -> None:
    assert set(results(resolve(script)).values()) == {"held"}
    unbuffered = resolve(f"{script} {OFF}")
    assert set(results(unbuffered).values()) == {"live"}
    assert any("runs a script" in str(doubt) for doubt in unbuffered.undecided)


def test_brotli_adds_rows_for_clients_that_accept_it() -> None:
    brotli = "brotli on; brotli_types text/event-stream;"
    assert set(results(resolve(brotli), "br").values()) == {"held"}
    assert set(results(resolve(f"{brotli} {OFF}"), "br").values()) == {"live"}
    assert results(resolve(brotli)) == results(resolve(""))
    assert not results(resolve("brotli on;"), "br")


def test_subs_filter_holds_over_tls_even_with_buffering_off() -> None:
    subs = "subs_filter_types text/event-stream; subs_filter a b;"
    unbuffered = results(resolve(f"{subs} {OFF}"))
    assert {client for (client, _), result in unbuffered.items() if result == "held"} == {"h1-tls"}
    assert results(resolve(subs)) == results(resolve(""))


@pytest.mark.parametrize("directive", ["limit_rate 2000;", "proxy_limit_rate 2000;"])
def test_a_rate_limit_is_a_doubt_while_buffering_is_on(directive: str) -> None:
    limited = resolve(directive)
    assert limited.delivery == resolve("").delivery
    assert [doubt for doubt in limited.undecided if "a faster stream is delayed" in str(doubt)]
    assert not resolve(f"{directive} {OFF}").undecided


def test_the_finding_names_the_size_from_which_ends_are_held() -> None:
    (finding,) = config_findings(resolve("proxy_set_header Host $host;"))[:1]
    assert finding.id == "proxy-buffering-hold"
    assert "holds an event stream for HTTP/1.1 over TLS with a chunked upstream, " in finding.text
    assert "HTTP/1.1 with a close upstream" in finding.text
    assert (
        "and the end of an event of 4,090 bytes or more for HTTP/1.1 with a chunked" in finding.text
    )


def test_buffering_is_not_blamed_where_it_is_off() -> None:
    subs = f"subs_filter_types text/event-stream; subs_filter a b; {OFF}"
    assert "proxy-buffering-hold" not in [each.id for each in config_findings(resolve(subs))]


def test_a_directive_that_may_answer_is_named_beside_what_it_leaves_undecided() -> None:
    found = resolve(f"access_by_lua_block {{ ngx.exit(403) }} {OFF}")
    assert {row.result for row in found.delivery} == {"undecided"}
    reported = json.loads(inspect_json(found, ()))
    assert [(each["id"], each["where"]) for each in reported["findings"]] == [
        ("undecided", "nginx.conf:3")
    ]


def test_an_unknown_filter_hides_no_finding_on_buffering() -> None:
    known = {each.id for each in config_findings(resolve(""))}
    assert "proxy-buffering-hold" in known
    assert known <= {each.id for each in config_findings(resolve("coraza on;"))}
    zipped = "gzip on; gzip_types text/event-stream;"
    assert "gzip-plus-buffering" in {each.id for each in config_findings(resolve(zipped))}
    both = {each.id for each in config_findings(resolve(f"{zipped} coraza on;"))}
    assert "gzip-plus-buffering" in both
