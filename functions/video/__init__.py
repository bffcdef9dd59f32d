"""Streams of frames: the only home of PyAV."""
