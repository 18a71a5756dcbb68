"""The live pane of steps 2, 3 and 8: the proxied and the direct stream in one list."""
