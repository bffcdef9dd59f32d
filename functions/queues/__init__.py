"""How orders and results travel between the programs: NATS JetStream, or memory."""
