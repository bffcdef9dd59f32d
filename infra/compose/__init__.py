"""One server with everything on it; what `compose.yaml` says, with its variables filled in."""
