"""XMP: the properties that may be carried into a coloured copy, and how they are written.

Source: Adobe XMP Specification part 1 (ISO 16684-1); IPTC Photo Metadata Standard 2025.1. Properties are let through
by name: positions and places stand in `exif:GPS…`, in IPTC's and Photoshop's place fields, in makers' namespaces and
in whatever comes next, and thumbnails of the uncropped picture hide in `xmp:Thumbnails`.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, TypeAlias

Form: TypeAlias = Literal["text", "Alt", "Bag", "Seq"]

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC: Final = "http://purl.org/dc/elements/1.1/"
XMP: Final = "http://ns.adobe.com/xap/1.0/"
PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
IPTC_EXTENSION: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
COLORISE: Final = "urn:colorisebot:xmp:1.0/"

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_DEFAULT_LANGUAGE: Final = "x-default"

_KEPT: Final = {
    DC: (
        "dc",
        {
            *("title", "description", "creator", "rights", "subject", "date", "contributor", "publisher"),
            *("source", "identifier", "language", "type"),
        },
    ),
    XMP: ("xmp", {"CreateDate", "ModifyDate", "CreatorTool", "Rating", "Label"}),
    "http://ns.adobe.com/xap/1.0/rights/": (
        "xmpRights",
        {"Marked", "Owner", "UsageTerms", "WebStatement", "Certificate"},
    ),
    PHOTOSHOP: (
        "photoshop",
        {"Headline", "Credit", "Source", "DateCreated", "AuthorsPosition", "CaptionWriter", "Instructions"},
    ),
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": (
        "Iptc4xmpCore",
        {"AltTextAccessibility", "ExtDescrAccessibility", "IntellectualGenre", "Scene", "SubjectCode"},
    ),
    IPTC_EXTENSION: (
        "Iptc4xmpExt",
        {"DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "PersonInImage", "OrganisationInImageName"},
    ),
    "http://ns.useplus.org/ldf/xmp/1.0/": ("plus", {"DataMining"}),
    "http://creativecommons.org/ns#": ("cc", {"license", "attributionName", "attributionURL"}),
    COLORISE: ("colorise", {"model", "modelSha256", "remark"}),
}
"""Namespace → its usual prefix and the properties that are let through."""

_VALUE_LETTERS: Final = 16 * 1024
"""Longest value that is carried over."""

_NOT_XML: Final = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""Letters that XML 1.0 cannot hold. Compiled when it is first needed: that takes 6 ms, a tenth of the import."""


_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class Property(NamedTuple):
    """One property: a plain text, or texts in one of XMP's arrays, each with its language where it has one."""

    namespace: str
    name: str
    form: Form
    values: tuple[tuple[str, str], ...]  # language or nothing, text

    def length(self) -> int:
        """Letters of all its values."""
        return sum(len(text) for _, text in self.values)

    @classmethod
    def text(cls, namespace: str, name: str, value: str) -> Property:
        """A property with one plain value."""
        return cls(namespace, name, "text", (("", value),))


def read_xmp(packet: bytes) -> tuple[Property, ...]:
    """The properties that may be carried over; none where the packet is damaged or declares entities."""
    if not packet.strip(b"\x00 \t\r\n"):
        return ()
    # ElementTree costs 14 ms to import, and most old photographs carry no XMP. Its parser may be asked to unpack
    # entities into gigabytes; the target below refuses any document type, where alone entities can be declared.
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - see above

    class Undeclared(ET.TreeBuilder):
        """A tree builder that ends at a document type."""

        def doctype(self, name: str, *_: object) -> None:
            msg = f"XMP with a document type ({name})"
            raise ValueError(msg)

    parser = ET.XMLParser(target=Undeclared())  # noqa: S314 - no document type, no entities
    try:
        parser.feed(packet.strip(b"\x00"))
        root = parser.close()
    except (ET.ParseError, ValueError, LookupError):  # LookupError: an encoding that nobody knows
        return ()
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    kept: dict[tuple[str, str], Property] = {}
    for description in () if rdf is None else rdf:
        for qualified, value in description.items():
            _keep(kept, qualified, "text", (("", value),))
        for child in description:
            array = child[0] if len(child) else None
            form = _form(array.tag) if array is not None else None
            if array is not None and form is not None:
                items = tuple((item.get(_LANGUAGE, ""), item.text or "") for item in array if not len(item))
                _keep(kept, child.tag, form, items)
            elif array is None:
                text = child.get(f"{{{RDF}}}resource") or child.text or ""
                _keep(kept, child.tag, "text", (("", text),))
    return tuple(kept.values())


def write_xmp(properties: tuple[Property, ...]) -> bytes:
    """An XMP packet of one description; nothing where there is no property."""
    known = [one for one in properties if one.namespace in _KEPT]
    if not known:
        return b""
    spaces = sorted({one.namespace for one in known})
    declared = "".join(f' xmlns:{_KEPT[space][0]}="{space}"' for space in spaces)
    body = "\n".join(_written(one) for one in known)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">\n'
        f'<rdf:Description rdf:about=""{declared}>\n{body}\n</rdf:Description>\n'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def merged(properties: tuple[Property, ...], over: tuple[Property, ...]) -> tuple[Property, ...]:
    """`properties`, with those of `over` in their place where both have one."""
    return tuple({(one.namespace, one.name): one for one in (*properties, *over)}.values())


def _keep(
    kept: dict[tuple[str, str], Property], qualified: str, form: Form, values: tuple[tuple[str, str], ...]
) -> None:
    """Note one property, unless its name is not let through, or it is empty, or was there before."""
    namespace, _, name = qualified.removeprefix("{").rpartition("}")
    if namespace not in _KEPT or name not in _KEPT[namespace][1]:
        return
    filled = tuple((language, text.strip()) for language, text in values if 0 < len(text.strip()) <= _VALUE_LETTERS)
    if filled:
        kept.setdefault((namespace, name), Property(namespace, name, form, filled))


def _form(tag: str) -> Form | None:
    """Which of RDF's arrays an element is."""
    forms: dict[str, Form] = {f"{{{RDF}}}Alt": "Alt", f"{{{RDF}}}Bag": "Bag", f"{{{RDF}}}Seq": "Seq"}
    return forms.get(tag)


def _written(one: Property) -> str:
    tag = f"{_KEPT[one.namespace][0]}:{one.name}"
    if one.form == "text":
        return f"<{tag}>{_escaped(one.values[0][1])}</{tag}>"
    items = "".join(
        _item(language or (_DEFAULT_LANGUAGE if one.form == "Alt" else ""), text) for language, text in one.values
    )
    return f"<{tag}><rdf:{one.form}>{items}</rdf:{one.form}></{tag}>"


def _item(language: str, text: str) -> str:
    attribute = f' xml:lang="{_escaped(language)}"' if language else ""
    return f"<rdf:li{attribute}>{_escaped(text)}</rdf:li>"


def _escaped(text: str) -> str:
    return re.sub(_NOT_XML, "", text).translate(_ESCAPES)
