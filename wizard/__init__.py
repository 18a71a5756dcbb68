"""The investigation without a screen: probes, Nginx's rules, the diagnosis, the reports."""

__version__ = "0.1.0"
