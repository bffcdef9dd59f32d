"""`python -m infra.grafana`: writes the dashboards' files anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.grafana.bot import BOT
from infra.grafana.film import FILM
from infra.grafana.functions import FUNCTIONS

if TYPE_CHECKING:
    from infra.grafana.dashboard import Dashboard

FOLDER: Final = Path(__file__).parent

DASHBOARDS: Final = (BOT, FUNCTIONS, FILM)


def text_of(dashboard: Dashboard) -> str:
    """The file's text."""
    return json.dumps(dashboard.told(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write each into its file beside this one."""
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.name}.json").write_text(text_of(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
