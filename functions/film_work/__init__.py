"""What is in the store of a film while it is coloured: its plan, its pieces, and what was done for each."""
