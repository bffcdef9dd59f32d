"""Names of a film's objects: pieces by what they are, plans by who wants them."""

from __future__ import annotations

from functions.stores.protocol import WORK


def film_folder(key: str) -> str:
    """Begins the names of all objects of a film.

    Args:
        key: of its pieces, from `functions.video.film_key`.
    """
    return f"{WORK}/{key}/"


def plan_name(key: str, job_id: str) -> str:
    """Of the plan. Each job has its own, for two may want one film in two places; its pieces are made once."""
    return f"{film_folder(key)}plan-{job_id}.json"


def piece_name(key: str, chunk: int) -> str:
    """Of a chunk's coloured piece."""
    return f"{film_folder(key)}{chunk:06}.mkv"


def account_name(key: str, chunk: int) -> str:
    """Of what was done for a chunk: where it is there, the piece is finished."""
    return f"{film_folder(key)}{chunk:06}.json"
