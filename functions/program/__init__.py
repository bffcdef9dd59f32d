"""A function as a program: orders from the queue or calls over HTTP, until it is told to stop."""
