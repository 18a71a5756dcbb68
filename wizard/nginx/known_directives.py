"""Directives by what they may do to a request: those of Nginx itself, and those of known modules.

Nginx's own are read from its source (1.31.5; the `ngx_command_t` tables of `src/http`), with those
of earlier versions and of Nginx Plus that neither answer nor route.
"""

import re
from collections import deque
from collections.abc import Iterable

from wizard.model.config import Directive
from wizard.model.resolution import Doubt
from wizard.text.display import visible
from wizard.text.messages import tr

_FAMILIES = ("proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached", "tunnel")
_FAMILY_SUFFIXES = """
bind buffer_size buffering buffers busy_buffers_size cache cache_background_update cache_bypass
cache_convert_head cache_key cache_lock cache_lock_age cache_lock_timeout cache_max_range_offset
cache_methods cache_min_uses cache_path cache_purge cache_revalidate cache_use_stale cache_valid
catch_stderr connect_timeout cookie_domain cookie_flags cookie_path force_ranges gzip_flag
headers_hash_bucket_size headers_hash_max_size hide_header http_version ignore_client_abort
ignore_headers index intercept_errors keep_conn limit_rate max_temp_file_size method modifier1
modifier2 next_upstream next_upstream_timeout next_upstream_tries no_cache param pass pass_header
pass_request_body pass_request_headers pass_trailers read_timeout redirect request_buffering
send_lowat send_timeout set_body set_header socket_keepalive socket_rcvbuf socket_sndbuf
split_path_info ssl_certificate ssl_certificate_cache ssl_certificate_key ssl_ciphers
ssl_conf_command ssl_crl ssl_name ssl_password_file ssl_protocols ssl_server_name
ssl_session_reuse ssl_trusted_certificate ssl_verify ssl_verify_depth store store_access string
temp_file_write_size temp_path
"""
_OWN_NAMES = """
absolute_redirect access_log add_after_body add_before_body add_header add_header_inherit
add_trailer add_trailer_inherit addition_types aio aio_write alias allow ancient_browser
ancient_browser_value api auth_basic auth_basic_user_file auth_delay auth_request auth_request_set
autoindex autoindex_exact_size autoindex_format autoindex_localtime break charset charset_map
charset_types chunked_transfer_encoding client_body_buffer_size client_body_early_read
client_body_in_file_only client_body_in_single_buffer client_body_temp_path client_body_timeout
client_header_buffer_size client_header_timeout client_max_body_size connection_pool_size
create_full_put_path dav_access dav_methods default_type degradation deny directio
directio_alignment disable_symlinks early_hints empty_gif error_log error_page etag expires f4f
f4f_buffer_size flv geo geoip_city geoip_country geoip_org geoip_proxy geoip_proxy_recursive
gunzip gunzip_buffers gzip gzip_buffers gzip_comp_level gzip_disable gzip_hash gzip_http_version
gzip_min_length gzip_no_buffer gzip_proxied gzip_static gzip_types gzip_vary gzip_window hash
health_check health_check_timeout hls hls_buffers hls_forward_args hls_fragment
hls_mp4_buffer_size hls_mp4_max_buffer_size http http2 http2_body_preread_size http2_chunk_size
http2_idle_timeout http2_max_concurrent_pushes http2_max_concurrent_streams http2_max_field_size
http2_max_header_size http2_max_requests http2_pool_size http2_push http2_push_preload
http2_recv_buffer_size http2_recv_timeout http2_streams_index_size http3 http3_hq
http3_max_concurrent_streams http3_stream_buffer_size if if_modified_since ignore_invalid_headers
image_filter image_filter_buffer image_filter_interlace image_filter_jpeg_quality
image_filter_sharpen image_filter_transparency image_filter_webp_quality include index internal
ip_hash js_path keepalive keepalive_disable keepalive_min_timeout keepalive_requests
keepalive_time keepalive_timeout keyval keyval_zone large_client_header_buffers least_conn
least_time limit_conn limit_conn_dry_run limit_conn_log_level limit_conn_status limit_conn_zone
limit_except limit_rate limit_rate_after limit_req limit_req_dry_run limit_req_log_level
limit_req_status limit_req_zone limit_zone lingering_close lingering_time lingering_timeout listen
location log_format log_not_found log_subrequest map map_hash_bucket_size map_hash_max_size match
max_errors max_headers max_ranges memcached_gzip_flag merge_slashes min_delete_depth mirror
mirror_request_body modern_browser modern_browser_value mp4 mp4_buffer_size mp4_limit_rate
mp4_limit_rate_after mp4_max_buffer_size mp4_start_key_frame msie_padding msie_refresh ntlm
open_file_cache open_file_cache_errors open_file_cache_events open_file_cache_min_uses
open_file_cache_valid open_log_file_cache output_buffers override_charset perl_modules
perl_require perl_set port_in_redirect post_action postpone_gzipping postpone_output queue
quic_active_connection_id_limit quic_gso quic_host_key quic_retry random random_index read_ahead
real_ip_header real_ip_recursive recursive_error_pages referer_hash_bucket_size
referer_hash_max_size request_pool_size reset_timedout_connection resolver resolver_timeout return
rewrite rewrite_log root satisfy secure_link secure_link_md5 secure_link_secret send_lowat
send_timeout sendfile sendfile_max_chunk server server_name server_name_in_redirect
server_names_hash_bucket_size server_names_hash_max_size server_tokens session_log
session_log_format session_log_zone set set_real_ip_from slice source_charset spdy_headers_comp
split_clients ssi ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk
ssi_silent_errors ssi_types ssi_value_length ssl ssl_buffer_size ssl_certificate
ssl_certificate_cache ssl_certificate_compression ssl_certificate_key ssl_ciphers
ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve
ssl_ech_file ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder ssl_password_file
ssl_prefer_server_ciphers ssl_protocols ssl_reject_handshake ssl_session_cache
ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_file
ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate ssl_verify_client
ssl_verify_depth state status status_format status_zone sticky sticky_cookie_insert stub_status
sub_filter sub_filter_last_modified sub_filter_once sub_filter_types subrequest_output_buffer_size
tcp_nodelay tcp_nopush try_files types types_hash_bucket_size types_hash_max_size
underscores_in_headers uninitialized_variable_warn upstream upstream_conf userid userid_domain
userid_expires userid_flags userid_mark userid_name userid_p3p userid_path userid_service
valid_referers variables_hash_bucket_size variables_hash_max_size xml_entities
xml_external_entities xslt_last_modified xslt_param xslt_string_param xslt_stylesheet xslt_types
zone
"""
_OWN = frozenset(
    (
        *_OWN_NAMES.split(),
        *(f"{family}_{suffix}" for family in _FAMILIES for suffix in _FAMILY_SUFFIXES.split()),
    )
)
PASSIVE = (
    "brotli|more|lua|geoip2|vhost_traffic_status|opentracing|opentelemetry|otel|datadog|fancyindex|"
    "upload_progress|subs_filter|encrypted_session|aws"
)
"""Modules of others, as a pattern, that answer no request and hold no response; brotli and
subs_filter do hold one whose media type is among their types."""
_HARMLESS = re.compile(
    rf"({PASSIVE}|zstd|image_filter)(_\w+)?"
    r"|(init|init_worker|exit_worker|set|log|header_filter|body_filter)_by_lua\w*"
    r"|ssl_\w+_by_lua\w*|js_(?!content$|access$)\w+|geoip2?_\w+"
    r"|set_(?:misc|random|md5|sha1|hmac_\w+|encode_\w+|decode_\w+|escape_uri|unescape_uri|"
    r"quote_\w+|if_empty|hashed_upstream|formatted_\w+|local_today|hex|secure_random_\w+)"
)
"""Modules of others that change headers, bodies or variables, log or measure: they do not answer a
request themselves and pass it nowhere else. What their body filters hold is another question."""
_GATES = re.compile(r"(auth|modsecurity|coraza|testcookie|limit)(_\w+)?")
"""Modules of others that let a request pass, or refuse it."""

_HANDLERS = re.compile(
    r"content_by_lua\w*|js_content|perl|echo(_\w+)?|nchan_(subscriber|publisher|pubsub)\w*|"
    r"push_stream_(subscriber|publisher)\w*|passenger_enabled|\w+_pass"
)
"""Directives that answer a location's requests themselves, whatever passes them on beside."""
_INGRESS = re.compile(r"\blua_ingress\.|\bbalancer\.(rewrite|balance)\(|\bplugins\.run\(")
"""Lua code that ingress-nginx writes into its config: it redirects to https or picks a peer."""


_BEFORE = re.compile(r"(server_)?rewrite_by_lua\w*|access_by_lua\w*|js_access")
"""Directives with code of the user's that runs before the backend is asked, and may take long."""


def may_delay(directive: Directive) -> bool:
    """True if the directive runs code of the user's before the backend is asked."""
    is_ingress = bool(_INGRESS.search("".join(directive.args)))
    return bool(_BEFORE.fullmatch(directive.name)) and not is_ingress


MAX_UNKNOWN = 100
"""How many directives of modules that are not known are kept."""


def is_own(name: str) -> bool:
    """True for a directive of Nginx itself; `perl`, a handler with code of the user's, is none."""
    return name in _OWN


def may_answer(directive: Directive) -> bool:
    """True if the directive belongs to a module that is not known, or to one that may answer a
    request or pass it on: what then happens cannot be told from the config."""
    name = directive.name
    if name.endswith("_by_lua_block") and _INGRESS.search("".join(directive.args)):
        return False
    return not (is_own(name) or _HARMLESS.fullmatch(name) or _GATES.fullmatch(name))


def is_handler(directive: Directive) -> bool:
    """True if the directive answers the requests of its location by code or another module."""
    return may_answer(directive) and _HANDLERS.fullmatch(directive.name) is not None


def doubt_unknown(directive: Directive) -> Doubt:
    """That a directive which is not known leaves open what happens to a request."""
    name = visible(directive.name, 60)
    text = tr(
        "{where}: what `{name}` does with a request is not known", where=directive.where, name=name
    )
    return Doubt("module", text)


def unknown_directives(blocks: Iterable[Directive]) -> tuple[Directive, ...]:
    """The directives in these blocks, not in nested ones, that `may_answer`; at most the last
    `MAX_UNKNOWN`, which are the innermost."""
    inside = (each for block in blocks for each in block.block or () if may_answer(each))
    return tuple(deque(inside, maxlen=MAX_UNKNOWN))
