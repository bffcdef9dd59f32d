"""One file a command; each is a plain function that returns an exit code."""
