"""Strangers' files are decoded in a process of their own, which has no keys, no network and no more than it needs."""
