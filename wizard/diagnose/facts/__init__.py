"""Facts about a case, as rules need them: each computed from what was measured or read.

- `streams`: probes of the stream, follow-ups, log lines
- `answers`: answers to POSTs that are event streams
- `posts`: POSTs, and where the config leads their path
- `tails`: from which size the ends of events are kept back, and which sizes were seen
- `directives`: directives in force for a request
- `disconnects`: when streams were cut, and known timeouts
- `releases`: what came when Nginx gave up reading from the backend
- `addresses`: whether two addresses are the same backend
- `logs`: whose requests the log lines show, and in whose log they stand
- `metadata`: the OAuth metadata that a 401 names
- `cors`: the CORS headers that a page of another origin reads
- `schemes`: whether the public URL's port speaks TLS
- `request_difference`: why the request as Nginx passes it on fails at the direct URL
- `product`: which products answer at the public URL
- `near_misses`: lines of a config that are meant to make a stream live and change nothing
- `origins`: the origin of a URL that a backend names of itself
- `upgrades`: what the backend gets of a request for a WebSocket
- `evidence`: measurements, settings and log lines in words
"""
