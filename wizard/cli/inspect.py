"""`ssewizard inspect`: what the config alone says of one path."""

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


def inspect(given: argparse.Namespace) -> int:
    """Read the config, resolve the request, write the answer."""
    vantages = parse_vantages(given.vantage)
    place = parse_conf(given.conf, vantages)
    there = next((VantageSession(one) for one in vantages if one.name == place.vantage), None)
    config = asyncio.run(fetch_config(place.locator, there, port=given.port))
    path, _, query = given.path.partition("?")
    request = Request(path, given.host, given.scheme, given.port, query)
    resolution = resolve_request(config, request)
    findings = config_findings(resolution)
    if given.format == "json":
        write_report(inspect_json(resolution, findings))
    else:
        write_report(inspect_text(resolution, findings))
    return 0
