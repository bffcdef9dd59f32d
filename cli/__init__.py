"""The `colorise` command."""
