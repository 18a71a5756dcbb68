"""Run commands and HTTP requests from another place: over ssh, in a pod, in a namespace."""
