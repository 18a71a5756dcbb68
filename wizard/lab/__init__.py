"""A real Nginx in front of a real backend on loopback, misconfigured as a scenario says."""

from wizard.lab.lab import Lab, serve
from wizard.lab.scenario import Scenario, list_scenarios, scenario_named

__all__ = ["Lab", "Scenario", "list_scenarios", "scenario_named", "serve"]
