"""Line charts as SVG, side by side: how each figure of a row of points stands to the first one."""

import itertools
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 300, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 44, 72
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # apart for colour-blind eyes too
SMALLEST_TOP = 2.0  # so that noise does not look like growth


class Panel(NamedTuple):
    title: str
    ticks: list[str]
    lines: dict[str, list[float | None]]  # by name, a value for each tick


def svg(panels: list[Panel]) -> str:
    whole = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f"<title>{escape('; '.join(panel.title for panel in panels))}</title>",
        f'<rect width="{WIDTH * len(panels)}" height="{HEIGHT}" fill="#fff"/>',
    ]
    names = dict.fromkeys(name for panel in panels for name in panel.lines)
    colours = dict(zip(names, itertools.cycle(COLOURS), strict=False))
    for number, panel in enumerate(panels):
        whole += [f'<g transform="translate({number * WIDTH} 0)">', *_panel(panel, colours), "</g>"]
    return "\n".join([*whole, "</svg>"]) + "\n"


def relative(values: list[float | None]) -> list[float | None]:
    """Times the first value that there is."""
    first = next((value for value in values if value), None)
    return [value / first if value is not None and first else None for value in values]


def _panel(panel: Panel, colours: dict[str, str]) -> list[str]:
    lines = {name: relative(values) for name, values in panel.lines.items()}
    top = 1.05 * max([SMALLEST_TOP, *(value for values in lines.values() for value in values if value is not None)])
    drawn = [_text(WIDTH / 2, 20, panel.title, "middle", 'font-weight="600"'), *_grid(panel.ticks, top)]
    for number, (name, values) in enumerate(lines.items()):
        colour = colours[name]
        spots = [(_x(at, len(values)), _y(value, top)) for at, value in enumerate(values) if value is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        x, y = LEFT + number % 2 * 130, HEIGHT - 26 + number // 2 * 16
        drawn.append(f'<rect x="{x}" y="{y - 8}" width="10" height="10" fill="{colour}"/>')
        drawn.append(_text(x + 15, y + 1, name))
    return drawn


def _grid(ticks: list[str], top: float) -> list[str]:
    step = 1 if top < 6 else 5 if top < 30 else 50
    drawn = []
    for value in range(0, int(top) + 1, step):
        y = _y(value, top)
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        drawn.append(_text(LEFT - 6, y + 4, f"{value} ×", "end"))
    base = HEIGHT - BOTTOM
    return drawn + [_text(_x(at, len(ticks)), base + 18, tick, "middle") for at, tick in enumerate(ticks)]


def _x(at: int, of: int) -> float:
    inner = WIDTH - LEFT - RIGHT - 50
    return LEFT + 22 + (inner * at / (of - 1) if of > 1 else inner / 2)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * max(0.0, value) / top


def _text(x: float, y: float, text: str, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222" {more}>{escape(text)}</text>'
