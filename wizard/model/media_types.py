"""Media types and content codings by which a body is known to be a stream."""

JSON_LINES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
    "application/stream+json", "application/json-seq",
})  # fmt: skip
"""The media types of streams of JSON lines."""
STREAM_TYPES = JSON_LINES | {
    "text/event-stream", "application/connect+json", "application/connect+proto",
    "multipart/x-mixed-replace", "multipart/mixed",
}  # fmt: skip
"""Media types of bodies that are sent piece by piece."""
DECODED = frozenset({"identity", "gzip", "x-gzip", "deflate"})
"""The Content-Encodings that are always decoded; others only with their libraries."""
WEB_PAGES = frozenset({"text/html", "application/xhtml+xml"})
