"""How much work the pipeline can do, and what it takes to do more: measured costs, formulae, and a simulation."""
