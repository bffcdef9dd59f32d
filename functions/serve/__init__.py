"""The functions over HTTP, as OpenFaaS calls them."""

from __future__ import annotations

from functions.serve.application import application
from functions.serve.callbacks import Patience
from functions.serve.function import ColouredBytes, Function, Limits
from functions.serve.server import serve
from functions.serve.vocabulary import FILMS, PICTURES, Vocabulary

__all__ = [
    "FILMS",
    "PICTURES",
    "ColouredBytes",
    "Function",
    "Limits",
    "Patience",
    "Vocabulary",
    "application",
    "serve",
]
