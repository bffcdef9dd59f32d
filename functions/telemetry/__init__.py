"""What an operator sees of a program: its metrics, its log lines, and whether it is well."""
