"""Requests on the wire: one probe, the matrix of probes, and the event stream decoder."""
