"""What colours pictures and films, and the words it understands."""
