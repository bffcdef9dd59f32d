"""Claims about carrying out orders for pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

from functions.color.color_space import luma_of
from functions.color.measures import colourfulness
from functions.colorise.handler import ImageHandler
from functions.colorise.picture_file import Limits, read_picture
from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseImage, ImageColorised
from functions.stores.memory import MemoryStore
from tests.damaged_pictures import odd_files
from tests.engines import small_engine
from tests.orders import order
from tests.pictures import in_colour, in_grey

if TYPE_CHECKING:
    from datetime import datetime

    from tests.pictures import Bytes

SOURCE, TARGET = "inbox/a.png", "outbox/a.png"


def png(pixels: Bytes) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
def store() -> MemoryStore:
    """A store with a grey picture in it."""
    store = MemoryStore()
    store.write(SOURCE, png(in_grey("camera", 80)), content_type="image/png")
    return store


@pytest.fixture
def handler(store: MemoryStore) -> ImageHandler:
    return ImageHandler(store, small_engine())


def wanted(job_id: str = "wedding", **fields: Any) -> ColoriseImage:
    return order(ColoriseImage, job_id, **{"source": SOURCE, "target": TARGET, **fields})


def answered(handler: ImageHandler, order: ColoriseImage) -> ImageColorised:
    outcome = handler(order)
    assert (outcome.orders, outcome.once) == ((), ())
    (answer,) = outcome.results
    assert isinstance(answer, ImageColorised)
    return answer


def stamps(store: MemoryStore) -> dict[str, datetime]:
    """When each object was written."""
    return {found.name: found.modified for found in store.list("")}


def test_the_picture_is_at_its_target_in_colour_with_its_luma(store: MemoryStore, handler: ImageHandler) -> None:
    answer = answered(handler, wanted())
    assert (answer.job_id, answer.target, answer.picture_kind) == ("wedding", TARGET, "png")
    assert (answer.width, answer.height, answer.verdict, answer.tint) == (80, 80, "grey", None)
    assert answer.seconds > 0
    found = store.find(TARGET)
    assert found is not None
    assert found.content_type == "image/png"
    pixels = read_picture(store.read(TARGET)).pixels
    assert colourfulness(pixels) > 5
    assert np.abs(luma_of(pixels).astype(int) - in_grey("camera", 80)).max() <= 1


def test_the_result_says_which_network_guessed_its_colours(store: MemoryStore, handler: ImageHandler) -> None:
    handler(wanted())
    assert small_engine().provenance.model_sha256.encode() in store.read(TARGET)


def test_wishes_are_granted(store: MemoryStore, handler: ImageHandler) -> None:
    answer = answered(handler, wanted(target="outbox/b", wishes={"kind": "jpeg", "compare": True, "saturation": 0}))
    assert (answer.picture_kind, answer.width, answer.height) == ("jpeg", 160, 80)
    found = store.find("outbox/b")
    assert found is not None
    assert found.content_type == "image/jpeg"
    assert colourfulness(read_picture(store.read("outbox/b")).pixels) < 1


def test_a_picture_fits_into_what_a_network_takes(store: MemoryStore, handler: ImageHandler) -> None:
    deep = cv2.imencode(".tiff", in_grey("astronaut"))[1].tobytes()
    store.write(SOURCE, deep, content_type="image/tiff")
    limits = {"kinds": ("jpeg", "png", "webp"), "max_side": 400, "max_bytes": 12_000, "mark": True}
    answer = answered(handler, wanted(target="outbox/b", wishes=limits))
    data = store.read("outbox/b")
    found = store.find("outbox/b")
    assert found is not None
    assert found.content_type == "image/jpeg"
    assert (answer.picture_kind, read_picture(data).kind) == ("jpeg", "jpeg")
    assert len(data) <= 12_000
    assert read_picture(data).pixels.shape == (answer.height, answer.width, 3)
    assert answer.width <= 400
    assert "written as JPEG" in answer.notes[0]
    assert b"compositeWithTrainedAlgorithmicMedia" in data


def test_both_halves_of_a_comparison_fit_and_the_coloured_one_has_the_mark(
    store: MemoryStore, handler: ImageHandler
) -> None:
    store.write(SOURCE, png(in_grey("camera", 400)), content_type="image/png")
    wishes: dict[str, Any] = {"compare": True, "max_side": 400}
    answer = answered(handler, wanted(target="outbox/b.png", wishes={**wishes, "mark": True}))
    assert (answer.width, answer.height) == (400, 200)
    handler(wanted(target="outbox/c.png", wishes=wishes))
    shown, bare = (read_picture(store.read(f"outbox/{name}.png")).pixels for name in "bc")
    rows, columns = np.nonzero((shown != bare).any(axis=2))
    assert rows.min() > 150
    assert columns.min() > 350


def test_a_picture_that_cannot_be_made_to_fit_is_refused_and_leaves_nothing(
    store: MemoryStore, handler: ImageHandler
) -> None:
    with pytest.raises(Rejected, match="cannot be made to fit") as refused:
        handler(wanted(wishes={"max_bytes": 300}))
    assert refused.value.code == "too-large"
    assert set(stamps(store)) == {SOURCE}


SECRETS = ("NIKON", "Serial", "4711", "Jane Doe", "1999:", "1999-", "Grandmother", "Lisbon")
"""What the picture below says of its camera, its makers, its day and its place."""


def told_picture() -> bytes:
    """A grey photograph of a talkative camera, with a caption and a name."""
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0110], exif[0x013B] = "Grandmother", "NIKON", "Serial D1", "Jane Doe"
    exif[0x0132] = "1999:12:31 23:59:59"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0xA431], inner[0xA430] = "1999:12:31 23:59:59", "4711", "Jane Doe"
    exif.get_ifd(0x8825)[29] = "1999:12:31"
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmp:CreateDate="1999-12-31" photoshop:City="Lisbon">'
        "<dc:creator><rdf:Seq><rdf:li>Jane Doe</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    written = io.BytesIO()
    Image.fromarray(in_grey("camera", 80)).save(written, "JPEG", exif=exif, xmp=packet.encode())
    return written.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_without_its_metadata_a_picture_tells_of_its_colours_and_of_nothing_else(
    store: MemoryStore, handler: ImageHandler, kind: str
) -> None:
    store.write(SOURCE, told_picture(), content_type="image/jpeg")
    source = store.read(SOURCE)
    assert all(secret.encode() in source for secret in SECRETS)
    handler(wanted(target="outbox/kept", wishes={"kind": kind}))
    handler(wanted(target="outbox/bare", wishes={"kind": kind, "keep_metadata": False}))
    kept, bare = store.read("outbox/kept"), store.read("outbox/bare")
    assert b"Jane Doe" in kept  # or the next line would prove nothing
    assert [secret for secret in SECRETS if secret.encode() in bare.replace(b"www.w3.org/1999", b"")] == []
    assert b"compositeWithTrainedAlgorithmicMedia" in bare
    assert small_engine().provenance.model_sha256.encode() in bare


class ErasingStore(MemoryStore):
    """A store in which the source is deleted while it is coloured."""

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        data = super().read(name, max_bytes=max_bytes)
        if name == SOURCE:
            self.delete(name)
        return data


def test_what_is_erased_while_it_is_coloured_leaves_nothing() -> None:
    store = ErasingStore()
    store.write(SOURCE, png(in_grey("camera", 80)), content_type="image/png")
    with pytest.raises(Rejected, match="deleted while it was coloured") as refused:
        ImageHandler(store, small_engine())(wanted())
    assert refused.value.code == "missing-object"
    assert stamps(store) == {}


def test_a_second_delivery_is_answered_the_very_same_and_writes_nothing(
    store: MemoryStore, handler: ImageHandler
) -> None:
    answer = answered(handler, wanted())
    before = stamps(store)
    assert answered(handler, wanted()) == answer
    store.delete(SOURCE)
    assert answered(handler, wanted()) == answer
    del before[SOURCE]
    assert stamps(store) == before


def test_another_job_that_asks_the_same_is_answered_in_its_own_name(store: MemoryStore, handler: ImageHandler) -> None:
    answer = answered(handler, wanted())
    before = stamps(store)
    assert answered(handler, wanted("funeral")) == answer.model_copy(update={"job_id": "funeral"})
    assert stamps(store) == before


def test_a_target_without_its_answer_is_made_again_to_the_same_bytes(store: MemoryStore, handler: ImageHandler) -> None:
    answer = answered(handler, wanted())
    data, names = store.read(TARGET), set(stamps(store))
    for lost in names - {SOURCE, TARGET}:
        store.delete(lost)  # a worker that was killed between the two
    again = answered(handler, wanted())
    assert again.model_copy(update={"seconds": answer.seconds}) == answer
    assert store.read(TARGET) == data
    assert set(stamps(store)) == names
    store.delete(TARGET)
    handler(wanted())
    assert store.read(TARGET) == data


def test_a_target_that_was_made_of_something_else_is_no_answer(store: MemoryStore, handler: ImageHandler) -> None:
    handler(wanted())
    first = store.read(TARGET)
    handler(wanted(wishes={"saturation": 0.5}))
    second = store.read(TARGET)
    assert second != first
    store.write(SOURCE, png(in_grey("astronaut", 64)), content_type="image/png")
    assert answered(handler, wanted(wishes={"saturation": 0.5})).width == 64
    assert store.read(TARGET) != second


def test_names_may_be_as_long_as_they_can_be(store: MemoryStore, handler: ImageHandler) -> None:
    target = "outbox/" + "x" * 121
    answer = answered(handler, wanted(target=target))
    before = stamps(store)
    assert answered(handler, wanted(target=target)) == answer
    assert stamps(store) == before


@pytest.mark.parametrize(
    ("pixels", "fields", "code"),
    [
        (in_colour("coffee"), {}, "already-colour"),
        (np.zeros((40, 60), np.uint8), {}, "nothing-to-colour"),
        (in_grey("camera", 80), {"wishes": {"max_pixels": 6399}}, "too-large"),
        (in_grey("camera", 80), {"source": "inbox/nowhere.png"}, "missing-object"),
        (in_grey("camera", 80), {"network": {"name": "van-gogh"}}, "no-such-model"),
    ],
)
def test_what_cannot_be_coloured_is_refused_in_one_line_and_leaves_nothing(
    store: MemoryStore, handler: ImageHandler, pixels: Bytes, fields: dict[str, Any], code: str
) -> None:
    store.write(SOURCE, png(pixels), content_type="image/png")
    with pytest.raises(Rejected) as refused:
        handler(wanted(**fields))
    assert refused.value.code == code
    assert "\n" not in refused.value.reason
    assert set(stamps(store)) == {SOURCE}


def test_a_picture_in_colour_is_coloured_anew_where_that_is_asked(store: MemoryStore, handler: ImageHandler) -> None:
    store.write(SOURCE, png(in_colour("coffee")), content_type="image/png")
    answer = answered(handler, wanted(wishes={"force": True}))
    assert answer.verdict == "colour"
    assert any("coloured anew" in note for note in answer.notes)


def test_the_workers_limits_hold_whatever_an_order_allows(store: MemoryStore) -> None:
    for limits in (Limits(max_pixels=6399), Limits(max_bytes=100)):
        with pytest.raises(Rejected) as refused:
            ImageHandler(store, small_engine(), limits)(wanted(wishes={"max_pixels": 10**9}))
        assert refused.value.code == "too-large"


def test_strangers_files_are_refused_and_nothing_else(store: MemoryStore, handler: ImageHandler) -> None:
    for name, data in odd_files().items():
        store.write(SOURCE, data, content_type="image/jpeg")
        with pytest.raises(Rejected) as refused:
            handler(wanted())
        assert refused.value.code, name


def test_an_order_for_another_network_is_left_to_another_worker(store: MemoryStore, handler: ImageHandler) -> None:
    ours = small_engine().provenance.model_sha256
    for network in ({"sha256": "0" * 64}, {"name": "van-gogh", "sha256": "0" * 64}, {"name": "zhang16"}):
        with pytest.raises(Postponed) as postponed:
            handler(wanted(network=network))
        assert postponed.value.after_seconds > 0
    assert set(stamps(store)) == {SOURCE}
    answered(handler, wanted(network={"sha256": ours}))
    answered(handler, wanted(network={"name": "renamed", "sha256": ours}, target="outbox/c"))


def test_the_side_that_the_network_sees_can_be_asked_for(store: MemoryStore, handler: ImageHandler) -> None:
    handler(wanted(target="outbox/b"))
    handler(wanted(target="outbox/c", network={"side": 32}))
    handler(wanted(target="outbox/d", network={"side": 64}))
    assert store.read("outbox/b") == store.read("outbox/c")
    assert store.read("outbox/c") != store.read("outbox/d")
