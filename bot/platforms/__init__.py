"""Social networks, one a file, behind one protocol."""
