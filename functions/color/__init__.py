"""Colour arithmetic: arrays in, arrays out; no file, network or model."""
