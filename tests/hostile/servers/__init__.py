"""Hostile servers as data: what each one sends, and what must and must not be said about it.

The classes follow curl's tests of its own client, the error cases of h2spec, and RFC 9110, 9112,
9113 and 6455.
"""
