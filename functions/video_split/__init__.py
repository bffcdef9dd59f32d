"""A film in, orders for its chunks out; and the coloured pieces joined again. No pixel is coloured here.

The only pixels looked at are nine glimpses of a film, to refuse one that is in colour already before a thousand orders
are sent: that is colour arithmetic, and needs no network.
"""
