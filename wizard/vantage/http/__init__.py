"""HTTP requests from another vantage, with the tools that it has."""
