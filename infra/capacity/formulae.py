"""Closed forms of queueing: how many servers, how busy they are, and how long one waits for them.

Notation: `rate` arrivals a second; `mean` seconds of service; `servers`; `load` = rate · mean, in Erlang, the servers
that are busy on average (the utilisation law); utilisation = load / servers. Times are in seconds. Waiting is that for
a server, without the service itself. Everything here holds for a queue that is stable: load < servers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Stream:
    """Orders of a kind that come at random moments."""

    rate: float
    mean: float
    square: float
    """Mean of the squared seconds of service; `mean` squared where all are alike."""

    @property
    def load(self) -> float:
        """Servers that it keeps busy on average."""
        return self.rate * self.mean


def stream_of(rate: float, seconds: Sequence[tuple[float, float]]) -> Stream:
    """A stream of orders of several sizes.

    Args:
        rate: of all together.
        seconds: share of the orders, which are 1 together, and seconds of service of each.
    """
    mean = sum(share * one for share, one in seconds)
    return Stream(rate, mean, sum(share * one * one for share, one in seconds))


def merged(streams: Sequence[Stream]) -> Stream:
    """All of them as one."""
    rate = sum(one.rate for one in streams)
    if not rate:
        return Stream(0.0, 0.0, 0.0)
    return Stream(
        rate,
        sum(one.rate * one.mean for one in streams) / rate,
        sum(one.rate * one.square for one in streams) / rate,
    )


def erlang_c(servers: int, load: float) -> float:
    """Probability that all servers are busy when somebody comes (M/M/c; Erlang 1917).

    Worked out by the recursion of Erlang's B formula, which no number of servers makes overflow.
    """
    if load >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def mean_wait(stream: Stream, servers: int) -> float:
    """M/G/c: that of M/M/c, times how uneven the services are (Lee and Longton 1959; exact for one server, and M/M/c).

    Wq = C(c, a) · s / (c - a) · (1 + cv²) / 2
    """
    if stream.load >= servers:
        return math.inf
    if not stream.mean:
        return 0.0
    uneven = stream.square / stream.mean**2  # 1 + cv²
    return erlang_c(servers, stream.load) * stream.mean / (servers - stream.load) * uneven / 2


def waits_by_priority(streams: Sequence[Stream], servers: int) -> list[float]:
    """Mean waits of kinds that go one before the other, without interrupting (Cobham 1954, Kella and Yechiali 1985).

    With u_k the utilisation by the kinds up to k: W_k = W0 / ((1 - u_(k-1)) · (1 - u_k)), where W0 is what anybody
    waits until the first of the busy servers is free: mean_wait · (1 - u). Exact for one server, and for any number of
    them where all kinds take equally long, exponentially; else an estimate.

    Args:
        streams: the most urgent first.
        servers: that take all of them.
    """
    everything = merged(streams)
    if not everything.rate:
        return [0.0 for _ in streams]
    # Below full load, so that urgent kinds have a finite wait even where later ones pile up.
    load = min(everything.load, servers * 0.999_999)
    uneven = everything.square / everything.mean**2
    first_free = erlang_c(servers, load) * everything.mean / servers * uneven / 2
    waits, before = [], 0.0
    for stream in streams:
        upto = before + stream.load / servers
        waits.append(math.inf if upto >= 1 else first_free / ((1 - before) * (1 - upto)))
        before = upto
    return waits


def waits_beside_batches(urgent: Stream, batched: Stream, servers: int, together: int) -> tuple[float, float]:
    """Mean waits of single urgent orders, and of others that come several at once, as a film's chunks do.

    An estimate of our own, held against the simulation: a batch finds all servers busy about as often as one customer
    does who comes to a group of `together` servers as if it were one; it queues behind whole batches, and its last
    orders behind its first. For `together` = 1 it is `waits_by_priority`.

    Args:
        urgent: goes first.
        batched: its rate counts the orders, not the batches.
        servers: that take both.
        together: orders in a batch.
    """
    everything = merged([urgent, batched])
    if not everything.rate:
        return 0.0, 0.0
    if together == 1:
        first, second = waits_by_priority([urgent, batched], servers)
        return first, second
    by_urgent, by_all = urgent.load / servers, everything.load / servers
    groups = max(1, servers // together)
    all_busy = erlang_c(groups, min(by_all, 0.999_999) * groups)
    uneven = everything.square / everything.mean**2
    first_free = all_busy * everything.mean / servers * uneven / 2
    if by_all >= 1:
        return (math.inf if by_urgent >= 1 else first_free / (1 - by_urgent)), math.inf
    rounds_before = sum(place // servers for place in range(together)) / together
    behind_others = together * first_free / ((1 - by_urgent) * (1 - by_all))
    return first_free / (1 - by_urgent), behind_others + rounds_before * batched.mean


def servers_for(wait: Callable[[int], float], *, load: float, busiest: float, longest_wait: float) -> int:
    """The fewest servers that are busy for `busiest` of the time at most, and that nobody waits for longer.

    Args:
        wait: number of servers → seconds that those wait who must not wait long.
        load: servers that are busy on average.
        busiest: share of the time.
        longest_wait: seconds.

    Raises:
        ValueError: `busiest` is not between 0 and 1.
    """
    if not 0 < busiest < 1:
        msg = f"servers cannot be busy for {busiest} of the time at most: give a share below 1"
        raise ValueError(msg)
    servers = max(1, math.ceil(load / busiest - 1e-9))
    while wait(servers) > longest_wait:
        servers += 1
    return servers


def in_system(rate: float, stay: float) -> float:
    """Little's law: how many are there on average, of those that come at `rate` and stay for `stay` seconds."""
    return rate * stay
