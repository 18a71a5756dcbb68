"""Fetch an Nginx config: a file or `nginx -T`, on this machine or at a vantage.

`fetch.fetch_config` is the entry point.
"""
