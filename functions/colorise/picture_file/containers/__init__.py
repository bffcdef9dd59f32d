"""File formats of pictures, read as bytes: what a header claims, whether the file is whole, where metadata goes.

One format a file. Each has `read_header(data)`, which costs next to nothing whatever the file claims, and
`intact(data, header)`, which checks that the file is whole and gives the bytes that a decoder should see.
"""
