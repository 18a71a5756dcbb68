"""Broken and hostile far sides: the command prefix, the tools there, and the commands of logs."""
