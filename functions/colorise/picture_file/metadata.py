"""What a coloured copy may say about its original, and what it must say about its colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.exif import Exif, read_density, read_exif
from functions.colorise.picture_file.iptc import read_iptc
from functions.colorise.picture_file.xmp import COLORISE, IPTC_EXTENSION, Property, merged, read_xmp, write_xmp

if TYPE_CHECKING:
    from functions.colorise.picture_file.containers.header import Header

SOFTWARE: Final = "colorise"
"""What EXIF's `Software` says of files written here."""

DIGITAL_SOURCE_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a real photograph whose colours were added by a trained model.

Its name is "Edited using Generative AI", its definition "Augmentation, correction or enhancement using a Generative
AI model, such as with inpainting or outpainting operations" (IPTC NewsCodes, Digital Source Type, 2024-10). Colours
that the negative never held are filled in from what a network learned: that is inpainting of chroma. The milder
`algorithmicallyEnhanced` is for alterations "without changing the main content of the media […], such as sharpening
or applying noise reduction", which invent nothing; and `trainedAlgorithmicMedia` is for pictures that were never
photographs. Where in doubt, the term that warns more is the honest one.
"""

REMARK: Final = "The colours are a guess made by a trained model; they are no record of the scene."


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which network guessed the colours.

    Attributes:
        model: its card's name.
        model_sha256: of the file that computed, in hexadecimal.
    """

    model: str
    model_sha256: str

    def properties(self) -> tuple[Property, ...]:
        """The same for XMP: IPTC's terms, and the program's own."""
        return (
            Property.text(IPTC_EXTENSION, "DigitalSourceType", DIGITAL_SOURCE_TYPE),
            Property.text(IPTC_EXTENSION, "AISystemUsed", f"{SOFTWARE}, model {self.model}"),
            Property.text(IPTC_EXTENSION, "AISystemVersionUsed", f"sha256 {self.model_sha256}"),
            Property.text(COLORISE, "model", self.model),
            Property.text(COLORISE, "modelSha256", self.model_sha256),
            Property.text(COLORISE, "remark", REMARK),
        )


@dataclass(frozen=True, slots=True)
class Metadata:
    """What may be carried over: no position, no thumbnail, no maker's note; the orientation is spent.

    Attributes:
        exif: entries about the picture and its exposure.
        xmp: captions, credits and rights, those of IPTC-IIM included.
        dpi: pixels an inch, across and down, of the upright picture.
    """

    exif: Exif = field(default_factory=Exif)
    xmp: tuple[Property, ...] = ()
    dpi: tuple[float, float] | None = None

    def with_provenance(self, provenance: Provenance | None) -> Metadata:
        """The same, with the colours' origin said in every place that the formats have for it."""
        if provenance is None:
            return self
        return Metadata(self.exif.made_by(SOFTWARE), merged(self.xmp, provenance.properties()), self.dpi)

    def exif_bytes(self) -> bytes:
        """The EXIF structure to write, or nothing."""
        return self.exif.to_bytes(self.dpi)

    def packet(self, most: int | None = None) -> bytes:
        """The XMP packet to write, or nothing.

        Args:
            most: bytes that the format can hold; the longest texts are left out until the rest fits.
        """
        kept = list(self.xmp)
        packet = write_xmp(tuple(kept))
        while most is not None and len(packet) > most:
            kept.remove(max(kept, key=Property.length))
            packet = write_xmp(tuple(kept))
        return packet


def read_metadata(header: Header, *, turned: bool) -> Metadata:
    """What may be carried over from a file.

    Args:
        header: of the file.
        turned: the orientation exchanged the picture's sides.
    """
    dpi = header.dpi or read_density(header.exif)
    if dpi is not None and turned:
        dpi = dpi[::-1]
    xmp = merged(read_iptc(header.iptc), read_xmp(header.xmp))  # XMP is the younger: it wins
    return Metadata(read_exif(header.exif), xmp, dpi)
