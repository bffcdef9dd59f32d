"""The two programs that `colorise demo` runs beside the pipeline: the stand, and the bot that answers at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cli.up_secrets import PIN
from cli.up_workers import PYTHON, worker
from functions.environment import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cli.demo_wishes import Place
    from cli.up_beside import Ground
    from cli.up_program import Program

STAND: Final = "stand"
BOT: Final = "bot"

NAMES: Final = (STAND, BOT)

ALLOCATOR: Final = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(256 * 1024)}
"""For glibc; others do not look at it. Pictures of many sizes pass through the stand's threads, and each thread's heap
keeps the room of the largest: in a drill of five minutes the stand grew to 300 MB, of which 25 MB were in use. With
this it had 105 MB after six."""


@dataclass(frozen=True, slots=True)
class StandPrograms:
    """Makes both."""

    place: Place
    certificates: Path
    """Folder for a certificate that the stand makes itself."""
    config: Path | None = None
    """File with settings of the stand."""

    def made(self, ground: Ground) -> Sequence[Program]:
        """The stand and the bot, as they stand on this ground."""
        modules = {STAND: ("demo", self._stand(ground)), BOT: ("bot", self._bot())}
        made = []
        for name, (module, told) in modules.items():
            folder = ground.data.temporary / name
            one = worker(name, (*PYTHON, "-m", module), folder, ground.ports[name], {**ground.environment, **told})
            address = self.place.local if name == STAND else one.address
            made.append(replace(one, address=address, is_worker=False))
        return made

    def pin(self, ground: Ground) -> str:
        """The operator's number."""
        return self.place.pin or (ground.data.secrets / PIN).read_text(encoding="utf-8").strip()

    def _stand(self, ground: Ground) -> Mapping[str, str]:
        place = self.place
        told = {
            **ALLOCATOR,
            "COLORISE_DEMO_HOST": place.host,
            "COLORISE_DEMO_PORT": str(place.port),
            "COLORISE_DEMO_PIN": self.pin(ground),
            "COLORISE_DEMO_SELF_SIGNED": str(place.makes_certificate).lower(),
            "COLORISE_DEMO_CERTIFICATE_FOLDER": str(self.certificates),
        }
        if ground.control is not None:
            told["COLORISE_DEMO_CONTROL"] = ground.control
        if self.config is not None:
            told[CONFIG] = str(self.config.absolute())
        certificate = None if place.makes_certificate else place.certificate
        given = {"CERTIFICATE": certificate, "KEY": place.key, "SAMPLES": place.samples}
        return told | {f"COLORISE_DEMO_{name}": str(path) for name, path in given.items() if path is not None}

    def _bot(self) -> Mapping[str, str]:
        told = {
            "COLORISE_BOT_PLATFORM": "stand",
            "COLORISE_BOT_STREAM": "true",
            "COLORISE_STAND_ADDRESS": self.place.local,
        }
        if self.place.certificate is not None:
            told["COLORISE_STAND_CERTIFICATE"] = str(self.place.certificate)
        return told
