"""`ssewizard inspect`: show what the config does with one path, without sending a request."""

import argparse
import asyncio

from wizard.cli.output import write_report
from wizard.diagnose.diagnose import config_findings
from wizard.model.parse import parse_conf, parse_vantages
from wizard.model.resolution import Request
from wizard.nginx.fetch.fetch import fetch_config
from wizard.nginx.resolve import resolve_request
from wizard.report.inspect import inspect_json, inspect_text
from wizard.vantage.session import VantageSession


def inspect(options: argparse.Namespace) -> int:
    """Read the config, resolve the request, write the result; return the exit status."""
    vantages = parse_vantages(options.vantage)
    source = parse_conf(options.conf, vantages)
    vantage = next((item for item in vantages if item.name == source.vantage), None)
    session = VantageSession(vantage) if vantage else None
    config = asyncio.run(fetch_config(source.locator, session, port=options.port))
    path, _, query = options.path.partition("?")
    request = Request(path, options.host, options.scheme, options.port, query)
    resolution = resolve_request(config, request)
    render = inspect_json if options.format == "json" else inspect_text
    write_report(render(resolution, config_findings(resolution)))
    return 0
