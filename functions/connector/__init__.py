"""Has functions behind a gateway carry out the queue's orders: what OpenFaaS calls a connector."""
