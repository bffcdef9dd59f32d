"""Measures what the pipeline's parts cost on this machine."""
