"""Fetch an Nginx config: from a file, a running Nginx, or a vantage."""
