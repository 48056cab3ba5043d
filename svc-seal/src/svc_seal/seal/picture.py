"""The picture of a round official seal (圆形公章): name on the arc, five-pointed star."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from lib_ofd import FONT_FILE

DIAMETER_MM = 42
PIXELS = 840
RED = (220, 20, 30, 255)
LONGEST_ARC = 270.0
WIDEST_STEP = 24.0


def draw_round_seal(name: str, code: str = "") -> bytes:
    """Return the seal as PNG on a clear ground; `code` stands small under the star."""
    image = Image.new("RGBA", (PIXELS, PIXELS), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    border = round(PIXELS * 1.2 / DIAMETER_MM)
    draw.ellipse((border, border, PIXELS - border, PIXELS - border), outline=RED, width=border)
    draw.polygon(_star(PIXELS / 2, PIXELS / 2, PIXELS * 7 / DIAMETER_MM), fill=RED)
    _draw_arc(image, name)
    if code:
        font = ImageFont.truetype(str(FONT_FILE), round(PIXELS * 2.2 / DIAMETER_MM))
        draw.text((PIXELS / 2, PIXELS * 0.86), code, RED, font, anchor="mm")
    out = io.BytesIO()
    image.resize((PIXELS // 2, PIXELS // 2), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for corner in range(10):
        angle = math.radians(-90 + 36 * corner)
        length = inner if corner % 2 else radius
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    return points


def _draw_arc(image: Image.Image, name: str) -> None:
    """Write the name along the upper arc; long names get smaller, closer characters."""
    step = min(WIDEST_STEP, LONGEST_ARC / max(1, len(name) - 1))
    size = PIXELS * min(5.2, 5.2 * step / 19.0) / DIAMETER_MM
    radius = PIXELS * (DIAMETER_MM / 2 - 2.6) / DIAMETER_MM - size / 2
    font = ImageFont.truetype(str(FONT_FILE), round(size))
    for place, character in enumerate(name):
        angle = (place - (len(name) - 1) / 2) * step
        tile = Image.new("RGBA", (round(size * 1.6), round(size * 1.6)), (0, 0, 0, 0))
        middle = tile.width / 2
        ImageDraw.Draw(tile).text((middle, middle), character, RED, font, anchor="mm", stroke_width=1)
        turned = tile.rotate(-angle, Image.Resampling.BICUBIC)
        x = PIXELS / 2 + radius * math.sin(math.radians(angle)) - middle
        y = PIXELS / 2 - radius * math.cos(math.radians(angle)) - middle
        image.alpha_composite(turned, (round(x), round(y)))
