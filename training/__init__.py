"""How the shipped network is made and measured; the only place that knows torch."""
