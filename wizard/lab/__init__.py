"""Real incidents on loopback: scenarios as data, a real Nginx, a real backend."""

from wizard.lab.lab import Lab, serve
from wizard.lab.scenario import Scenario, list_scenarios, scenario_named

__all__ = ["Lab", "Scenario", "list_scenarios", "scenario_named", "serve"]
