"""The lifecycle of seals and their pictures."""

import io
from datetime import UTC, datetime
from itertools import product
from math import cos, radians, sin

import pytest
from PIL import Image

from lib_kernel import IllegalMove, move
from svc_seal.batch.domain import NEXT as BATCH_NEXT
from svc_seal.batch.domain import Status as BatchStatus
from svc_seal.seal.domain import NEXT, Kind, PictureImpossible, Seal, SealNotUsable, Status
from svc_seal.seal.picture import draw

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LONGEST = "河南省平顶山市新华区城乡居民基本医疗保险服务中心管理委员会办公室"[:30]


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


@pytest.mark.parametrize(("current", "wanted"), list(product(BatchStatus, BatchStatus)))
def test_only_listed_moves_of_batches_are_allowed(current: BatchStatus, wanted: BatchStatus) -> None:
    if wanted in BATCH_NEXT[current]:
        assert move(current, wanted, BATCH_NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, BATCH_NEXT)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_only_an_active_seal_is_usable(status: Status) -> None:
    seal = Seal("41", "章", "x", Kind.UNIT, "a", NOW, status, valid_from=NOW, valid_until=NOW)
    with pytest.raises(SealNotUsable):
        seal.check_usable(NOW)


def alpha(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA").getchannel("A")


@pytest.mark.parametrize("name", ["平顶山市", "平顶山市市场监督管理局", LONGEST])
def test_a_round_seal_is_red_on_clear_ground_and_even_on_both_sides(name: str) -> None:
    png = draw(Kind.UNIT, name, "4104000000001").png()
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    assert image.size == (420, 420)
    assert image.getpixel((210, 205)) == (215, 0, 15, 255)
    assert alpha(png).getpixel((2, 2)) == 0
    # A reader that forgets the clear ground still shows a seal, not a red square.
    assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    left = sum(alpha(png).crop((0, 0, 210, 420)).histogram()[128:])
    right = sum(alpha(png).crop((210, 0, 420, 420)).histogram()[128:])
    assert abs(left - right) < 0.1 * (left + right)


@pytest.mark.parametrize("length", range(4, 31))
def test_names_of_every_length_leave_star_and_border_free(length: int) -> None:
    """Between border and name, and between name and star, there is a clear ring."""
    name = (LONGEST * 2)[:length]
    with_name, blank = alpha(draw(Kind.UNIT, name).png()), alpha(draw(Kind.UNIT, "一" * 4).png())
    assert with_name.size == blank.size
    for radius in (75, 192):
        for step in range(0, 360, 2):
            x, y = radius * cos(radians(step)), radius * sin(radians(step))
            assert with_name.getpixel((round(210 + x), round(210 + y))) == 0, (radius, step)


def test_the_line_under_the_star_and_the_code_are_drawn() -> None:
    plain = alpha(draw(Kind.SPECIAL, "平顶山市公安局").png())
    lined = alpha(draw(Kind.SPECIAL, "平顶山市公安局", "4104000000001", "行政审批专用章").png())
    line, code = (110, 295, 310, 340), (100, 350, 320, 405)
    assert max(plain.crop(line).getextrema()) == 0
    assert sum(lined.crop(line).histogram()[128:]) > 800
    assert sum(lined.crop(code).histogram()[128:]) > sum(plain.crop(code).histogram()[128:])


@pytest.mark.parametrize("name", ["张三", "李小龙", "欧阳修文", "阿依古丽汗"])
def test_a_personal_seal_is_square(name: str) -> None:
    image = alpha(draw(Kind.PERSONAL, name).png())
    assert image.size == (200, 200)
    assert [image.getpixel(corner) for corner in ((3, 3), (196, 3), (3, 196), (196, 196))] == [255] * 4


def test_svg_and_png_have_the_same_figures() -> None:
    drawing = draw(Kind.UNIT, "平顶山市公安局", "41")
    assert drawing.svg().count(b"<path") == len(drawing.figures) == 2 + 7 + 2
    assert b'width="42mm"' in drawing.svg()


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Kind.UNIT, "三个字"), (Kind.UNIT, "字" * 31), (Kind.PERSONAL, "一"), (Kind.UNIT, "𠮷𠮷𠮷𠮷")],
)
def test_names_that_cannot_be_drawn_are_refused(kind: Kind, name: str) -> None:
    with pytest.raises(PictureImpossible):
        draw(kind, name)
