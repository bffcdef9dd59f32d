"""Claims about what is carried over, what never is, and what is said of the colours."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from functions.colorise.picture_file import Metadata, Picture, Provenance, read_picture, write_picture
from functions.colorise.picture_file.exif import read_exif, read_orientation
from functions.colorise.picture_file.iptc import read_iptc
from functions.colorise.picture_file.metadata import DIGITAL_SOURCE_TYPE, REMARK
from functions.colorise.picture_file.xmp import DC, PHOTOSHOP, Property, read_xmp, write_xmp
from tests.picture_files import colours, exif, ifd, saved, tiff, with_jpeg_segment, with_png_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping

SHA256 = "0123456789abcdef" * 4
PROVENANCE = Provenance(model="small", model_sha256=SHA256)
WITH_METADATA = ("jpeg", "png", "webp", "tiff", "avif", "heic")

LATITUDE = (52, 31, 13)
"""Degrees, minutes, seconds: what must never come out again, in any of its shapes below."""
COORDINATES = (
    struct.pack("<6I", *(part for value in LATITUDE for part in (value, 1))),
    struct.pack(">6I", *(part for value in LATITUDE for part in (value, 1))),
    b"52,31.2167N",
    b"52.52028",
    b"SECRET-THUMBNAIL",
    b"SECRET-NOTE",
    b"SECRET-STREET",
    b"SECRET-SERIAL",
)

XMP_START = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
XMP_END = "</rdf:RDF></x:xmpmeta>"
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    + XMP_START
    + """
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.2167N"
  xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  photoshop:City="SECRET-STREET" photoshop:Credit="Archive &amp; Sons"
  xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Scanner 3000"
  xmlns:dc="http://purl.org/dc/elements/1.1/" dc:coverage="52.52028">
 <dc:description><rdf:Alt>
  <rdf:li xml:lang="x-default">A street, 1931</rdf:li><rdf:li xml:lang="de">Straße</rdf:li>
 </rdf:Alt></dc:description>
 <dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li><rdf:li>B. Person</rdf:li></rdf:Seq></dc:creator>
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 1931 &lt;someone&gt;</rdf:li></rdf:Alt></dc:rights>
 <core:Location xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">SECRET-STREET</core:Location>
 <extension:LocationShown xmlns:extension="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Bag>
  <rdf:li rdf:parseType="Resource"><exif:GPSLatitude>52.52028</exif:GPSLatitude></rdf:li>
 </rdf:Bag></extension:LocationShown>
 <xmp:Thumbnails><rdf:Alt><rdf:li>SECRET-THUMBNAIL</rdf:li></rdf:Alt></xmp:Thumbnails>
 <maker:Position xmlns:maker="http://ns.example.com/camera/">52.52028</maker:Position>
</rdf:Description>"""
    + XMP_END
    + '\n<?xpacket end="w"?>'
).encode()


def records(*pairs: tuple[int, bytes], record: int = 2) -> bytes:
    """IPTC-IIM records."""
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for number, text in pairs)


IPTC = records((120, b"A street, 1931"), (80, b"C. Person"), (90, b"SECRET-STREET"), (92, b"SECRET-STREET"))


def photoshop(iptc: bytes) -> bytes:
    """An APP13 payload: one resource of another kind, and the records."""
    other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x03abc" + struct.pack(">I", 5) + b"xxxxx\x00"
    return b"Photoshop 3.0\x00" + other + b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(iptc)) + iptc


def full_exif(sign: str = "<") -> bytes:
    """EXIF with everything that may stay, and everything that may not."""
    order = {"<": b"II*\x00", ">": b"MM\x00*"}[sign]

    def number(value: int) -> tuple[int, bytes]:
        return 4, struct.pack(sign + "I", value)

    image = {
        0x010E: (2, b"A street, 1931\x00"),
        0x010F: (2, b"Leitz\x00"),
        0x0112: (3, struct.pack(sign + "H", 1)),
        0x011A: (5, struct.pack(sign + "II", 600, 1)),
        0x011B: (5, struct.pack(sign + "II", 600, 1)),
        0x0128: (3, struct.pack(sign + "H", 2)),
        0x0131: (2, b"Scanner 3000\x00"),
        0x013B: (2, b"A. Person\x00"),
        0x8298: (2, b"(c) 1931\x00"),
        0xC62F: (2, b"SECRET-SERIAL\x00"),  # CameraSerialNumber
        0xC634: (1, b"SECRET-NOTE 52.52028"),  # DNGPrivateData
    }
    exposure = {
        0x829A: (5, struct.pack(sign + "II", 1, 60)),
        0x8827: (3, struct.pack(sign + "H", 400)),
        0x9003: (2, b"1931:05:01 12:00:00\x00"),
        0x9286: (7, b"ASCII\x00\x00\x0052.52028"),  # UserComment
        0x927C: (7, b"SECRET-NOTE 52,31.2167N"),  # MakerNote
        0xA001: (3, struct.pack(sign + "H", 0xFFFF)),
        0xA431: (2, b"SECRET-SERIAL\x00"),  # BodySerialNumber
        0xA434: (2, b"Elmar 50 mm\x00"),
    }
    gps = {1: (2, b"N\x00"), 2: (5, struct.pack(sign + "6I", *(part for value in LATITUDE for part in (value, 1))))}
    thumbnail = b"\xff\xd8SECRET-THUMBNAIL\xff\xd9"
    with_pointers = {**image, 0x8769: number(0), 0x8825: number(0)}
    exposure_at = 8 + len(ifd(with_pointers, 8, sign))
    gps_at = exposure_at + len(ifd(exposure, exposure_at, sign))
    second_at = gps_at + len(ifd(gps, gps_at, sign))
    second = {0x0103: (3, struct.pack(sign + "H", 6)), 0x0201: number(0), 0x0202: number(len(thumbnail))}
    thumbnail_at = second_at + len(ifd(second, second_at, sign))
    second[0x0201] = number(thumbnail_at)
    with_pointers = {**image, 0x8769: number(exposure_at), 0x8825: number(gps_at)}
    return (
        order
        + struct.pack(sign + "I", 8)
        + ifd(with_pointers, 8, sign, after=second_at)
        + ifd(exposure, exposure_at, sign)
        + ifd(gps, gps_at, sign)
        + ifd(second, second_at, sign)
        + thumbnail
    )


def jpeg_with_everything(sign: str = "<") -> bytes:
    data = saved(colours(), "JPEG", comment=b"52.52028 SECRET-NOTE")
    for marker, payload in (
        (0xED, photoshop(IPTC)),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + XMP),
        (0xE1, b"Exif\x00\x00" + full_exif(sign)),
    ):
        data = with_jpeg_segment(data, marker, payload)
    return data + b"52.52028 SECRET-NOTE"


def png_with_everything() -> bytes:
    data = saved(colours(), "PNG")
    data = with_png_chunk(data, b"eXIf", full_exif())
    data = with_png_chunk(data, b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + XMP)
    data = with_png_chunk(data, b"tEXt", b"Comment\x0052.52028 SECRET-NOTE")
    return with_png_chunk(data, b"tEXt", b"Raw profile type exif\x0052.52028")


def tiff_with_everything() -> bytes:
    image = TiffImagePlugin.ImageFileDirectory_v2()
    image[270] = "A street, 1931"
    image[315] = "A. Person"
    image[33432] = "(c) 1931"
    image[700] = XMP
    image[33723] = IPTC
    image[34377] = photoshop(IPTC)[14:]
    held = Image.Exif()
    held[0x013B] = "A. Person"
    held.get_ifd(0x8825).update({1: "N", 2: tuple(float(value) for value in LATITUDE)})
    held.get_ifd(0x8769).update({0x829A: 1 / 60, 0x927C: b"SECRET-NOTE 52,31.2167N", 0xA431: "SECRET-SERIAL"})
    image[0x8769] = held.get_ifd(0x8769)
    image[0x8825] = held.get_ifd(0x8825)
    return saved(colours(), "TIFF", tiffinfo=image)


SOURCES = {
    "jpeg": jpeg_with_everything(),
    "jpeg, big-endian": jpeg_with_everything(">"),
    "png": png_with_everything(),
    "webp": saved(colours(), "WEBP", exif=b"Exif\x00\x00" + full_exif(), xmp=XMP),
    "tiff": tiff_with_everything(),
    "avif": saved(colours(), "AVIF", exif=full_exif(), xmp=XMP),
}


def found(properties: tuple[Property, ...]) -> Mapping[str, Any]:
    """Name → the one text, or all of them."""
    return {
        one.name: one.values[0][1] if len(one.values) == 1 else [text for _, text in one.values] for one in properties
    }


def written(kind: str, source: str = "jpeg", **options: Any) -> bytes:
    return write_picture(read_picture(SOURCES[source]), kind=kind, **options)


@pytest.mark.parametrize("source", SOURCES)
def test_the_planted_places_are_in_the_source(source: str) -> None:
    planted = [place for place in COORDINATES if place in SOURCES[source]]
    assert len(planted) >= 5, planted


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "bmp", "gif", "avif", "heic"])
@pytest.mark.parametrize("source", SOURCES)
def test_no_position_thumbnail_or_makers_note_comes_out(source: str, kind: str) -> None:
    data = written(kind, source, provenance=PROVENANCE)
    assert [place for place in COORDINATES if place in data] == []
    again = read_picture(data)
    assert 0x8825 not in again.metadata.exif.image
    if kind in {"jpeg", "png", "webp", "tiff"}:
        assert not Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("kind", WITH_METADATA)
@pytest.mark.parametrize("source", ["jpeg", "jpeg, big-endian", "png", "webp", "avif"])
def test_captions_credits_and_exposure_are_carried_over(source: str, kind: str) -> None:
    again = read_picture(written(kind, source))
    image, exposure = again.metadata.exif.image, again.metadata.exif.exposure
    assert image[0x010E].payload == b"A street, 1931\x00"
    assert image[0x013B].payload == b"A. Person\x00"
    assert image[0x8298].payload == b"(c) 1931\x00"
    assert exposure[0x8827].number == 400
    assert exposure[0x829A].ratio == pytest.approx(1 / 60)
    assert exposure[0x9003].payload == b"1931:05:01 12:00:00\x00"
    xmp = found(again.metadata.xmp)
    assert xmp["description"] == ["A street, 1931", "Straße"]
    assert xmp["creator"] == ["A. Person", "B. Person"]
    assert xmp["rights"] == "© 1931 <someone>"
    assert xmp["Credit"] == "Archive & Sons"
    assert xmp["CreatorTool"] == "Scanner 3000"


@pytest.mark.parametrize("kind", WITH_METADATA)
def test_other_programs_find_it_as_well(kind: str) -> None:
    if kind == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    with Image.open(io.BytesIO(written(kind, provenance=PROVENANCE))) as image:
        held = image.getexif()
        assert held[0x010E] == "A street, 1931"
        assert held[0x0131] == "colorise"
        assert held.get(0x0112, 1) == 1
        exposure = held.get_ifd(0x8769)
        assert exposure[0x8827] == 400
        assert exposure[0xA001] == 1  # sRGB: the pixels were converted, or were sRGB before
        assert not held.get_ifd(1)  # no thumbnail
        packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or held[700]
        text = packet if isinstance(packet, str) else bytes(packet).decode()
        assert DIGITAL_SOURCE_TYPE in text
        assert np.asarray(image).shape[:2] == (40, 56)


@pytest.mark.parametrize("kind", WITH_METADATA)
def test_the_colours_say_where_they_come_from(kind: str) -> None:
    data = write_picture(Picture(colours().astype(np.uint8), None, "png", Metadata()), kind=kind, provenance=PROVENANCE)
    again = found(read_picture(data).metadata.xmp)
    assert again == {
        "DigitalSourceType": DIGITAL_SOURCE_TYPE,
        "AISystemUsed": "colorise, model small",
        "AISystemVersionUsed": f"sha256 {SHA256}",
        "model": "small",
        "modelSha256": SHA256,
        "remark": REMARK,
    }


def test_the_source_type_is_replaced_and_the_rest_is_merged() -> None:
    xmp = (
        XMP_START
        + """<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
        Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/print"/>
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Street</dc:title></rdf:Description>"""
        + XMP_END
    ).encode()
    source = read_picture(with_jpeg_segment(saved(colours(), "JPEG"), 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp))
    assert found(source.metadata.xmp)["DigitalSourceType"].endswith("/print")
    data = write_picture(source, kind="jpeg", provenance=PROVENANCE)
    assert data.count(b"DigitalSourceType>") == 2  # one element
    again = found(read_picture(data).metadata.xmp)
    assert again["DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert again["title"] == "Street"


def test_nothing_is_carried_over_where_nobody_wants_it() -> None:
    for kind in WITH_METADATA:
        bare = read_picture(written(kind, keep_metadata=False)).metadata
        assert bare.xmp == (), kind
        assert set(bare.exif.image) <= {0x010E, 0x0131} - {0x010E}, kind
        said = read_picture(written(kind, keep_metadata=False, provenance=PROVENANCE)).metadata
        assert "model" in found(said.xmp), kind
        assert "description" not in found(said.xmp), kind


def test_old_press_captions_become_xmp_without_their_places() -> None:
    data = with_jpeg_segment(saved(colours(), "JPEG"), 0xED, photoshop(IPTC))
    again = read_picture(write_picture(read_picture(data), kind="png"))
    assert found(again.metadata.xmp) == {"description": "A street, 1931", "creator": "C. Person"}
    assert found(read_picture(tiff(colours(), 2, more={33_723: (7, IPTC)})).metadata.xmp)["creator"] == "C. Person"


def test_xmp_wins_over_the_older_records() -> None:
    assert found(read_picture(SOURCES["jpeg"]).metadata.xmp)["creator"] == ["A. Person", "B. Person"]


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (records((120, "Straße".encode("cp1252"))), {"description": "Straße"}),
        (records((120, "Straße".encode())), {"description": "Straße"}),
        (records((90, b"\x1b%G"), record=1) + records((120, "Łódź".encode())), {"description": "Łódź"}),
        (records((55, b"19310501")), {"DateCreated": "1931-05-01"}),
        (records((25, b"street"), (25, b"people")), {"subject": ["street", "people"]}),
        (records((5, b"a\x00\x01b")), {"title": "a\x00\x01b"}),
        (records((120, b"whole"))[:-2], {"description": "who"}),
        (b"\x1c\x02\x78\x80\x04\x00\x00\xff\xff", {}),
        (b"not records", {}),
        (b"", {}),
    ],
)
def test_records_are_read_in_the_letters_of_their_time(data: bytes, texts: Mapping[str, Any]) -> None:
    assert found(read_iptc(data)) == texts


def test_letters_that_xml_cannot_hold_are_left_out() -> None:
    packet = write_xmp((Property.text(PHOTOSHOP, "Headline", 'a\x00\x0b<b>&"c" \U0001f600'),))
    assert found(read_xmp(packet)) == {"Headline": 'a<b>&"c" \U0001f600'}


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF",
        b"\x00" * 40,
        b"not xml",
        b"<a/>",
        b"<?xml version='1.0' encoding='klingon'?><a/>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/hostname'>" + XMP[XMP.index(b"<x:") :],
        b"<!DOCTYPE a [<!ENTITY b 'SECRET'>]>" + XMP[XMP.index(b"<x:") :],
        "<!DOCTYPE a [<!ENTITY b 'SECRET'>]><a>&b;</a>".encode("utf-16"),
    ],
)
def test_xmp_that_is_damaged_or_declares_entities_is_dropped(packet: bytes) -> None:
    assert read_xmp(packet) == ()
    data = with_jpeg_segment(saved(colours(), "JPEG"), 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + packet)
    again = read_picture(write_picture(read_picture(data), kind="jpeg", provenance=PROVENANCE))
    assert "model" in found(again.metadata.xmp)


def test_only_texts_come_out_of_xmp() -> None:
    nested = (
        XMP_START
        + """<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#">
        <dc:source><rdf:Description><dc:title>inner</dc:title></rdf:Description></dc:source>
        <dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li><dc:x>two</dc:x></rdf:li></rdf:Bag></dc:subject>
        <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
        <dc:title>   </dc:title></rdf:Description>"""
        + XMP_END
    )
    assert found(read_xmp(nested.encode())) == {
        "subject": "one",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }


def test_a_caption_of_a_novels_length_is_left_behind() -> None:
    packet = write_xmp((Property.text(DC, "title", "x" * 20_000), Property.text(DC, "source", "y")))
    assert found(read_xmp(packet)) == {"source": "y"}


def test_metadata_too_large_for_a_jpeg_segment_leaves_the_picture_alone() -> None:
    many = tuple(Property.text(DC, name, "x" * 16_000) for name in ("title", "source", "type", "language", "date"))
    picture = read_picture(saved(colours(), "PNG"))
    crowded = replace(picture, metadata=Metadata(xmp=many))
    assert (
        found(read_picture(write_picture(crowded, kind="jpeg", provenance=PROVENANCE)).metadata.xmp)["model"] == "small"
    )
    assert len(found(read_picture(write_picture(crowded, kind="png")).metadata.xmp)) == 5


@pytest.mark.parametrize("sign", ["<", ">"])
def test_exif_of_either_order_of_bytes_comes_out_the_same(sign: str) -> None:
    assert read_exif(full_exif(sign)).to_bytes() == read_exif(full_exif("<")).to_bytes()
    assert read_orientation(exif(6, sign=sign)) == 6


@pytest.mark.parametrize("length", [0, 4, 9, 30, 100, 300])
def test_exif_that_was_cut_short_gives_what_is_whole(length: int) -> None:
    kept = read_exif(full_exif()[:length])
    assert set(kept.image) <= {0x010E, 0x010F, 0x0131, 0x0132, 0x013B, 0x8298}
    assert read_orientation(full_exif()[:length]) == 1


def test_density_is_read_from_exif_where_the_file_has_none() -> None:
    data = saved(colours(), "WEBP", exif=b"Exif\x00\x00" + full_exif())
    assert read_picture(data).metadata.dpi == (600.0, 600.0)


def test_densities_by_the_centimetre_become_densities_by_the_inch() -> None:
    per_centimetre = {282: (5, struct.pack("<II", 100, 1)), 283: (5, struct.pack("<II", 50, 1)), 296: (3, b"\x03\x00")}
    assert read_picture(tiff(colours(), 2, more=per_centimetre)).metadata.dpi == (254.0, 127.0)
    jfif = bytearray(saved(colours(), "JPEG"))
    jfif[13:18] = struct.pack(">BHH", 2, 100, 50)
    assert read_picture(bytes(jfif)).metadata.dpi == (254.0, 127.0)
