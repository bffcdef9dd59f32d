"""The stand: a web page on the same pipeline, for a talk or a fair."""
