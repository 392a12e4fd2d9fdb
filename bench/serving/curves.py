"""Curves over one axis as an SVG."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 800, 380, 60, 20, 50, 90
COLOURS = ("#1f6f8b", "#c0673a", "#6a8d3a", "#7a5aa6")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:13px}.value{fill:#555}"
    ".grid{stroke:#ddd;stroke-width:1}.curve{fill:none;stroke-width:2}"
)


@dataclass
class Curve:
    name: str
    points: list[tuple[float, float]]


def ticks(largest: float, about: int = 6) -> list[float]:
    """Round numbers from 0 to `largest`."""
    step = 10.0 ** -6
    while largest / step > about:
        for factor in (2, 2.5, 2):
            step *= factor
            if largest / step <= about:
                break
    return [index * step for index in range(int(largest / step) + 1)]


def svg(curves: list[Curve], title: str, axis: str, caption: str) -> str:
    """Both axes begin at 0."""
    points = [point for curve in curves for point in curve.points]
    most_x, most_y = max(x for x, _ in points), 1.05 * max(y for _, y in points)
    x_of = lambda x: LEFT + (WIDTH - LEFT - RIGHT) * x / most_x  # noqa: E731
    y_of = lambda y: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / most_y  # noqa: E731
    lines = [f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>']
    for y in ticks(most_y):
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(y):.1f}" y2="{y_of(y):.1f}"/>')
        lines.append(f'<text class="value" x="{LEFT - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
    for x in ticks(most_x):
        lines.append(f'<text class="value" x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:g}</text>')
    lines.append(f'<text class="value" x="{WIDTH - RIGHT}" y="{HEIGHT - BOTTOM + 36}" text-anchor="end">{escape(axis)}</text>')
    for index, curve in enumerate(curves):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in sorted(curve.points))
        lines.append(f'<polyline class="curve" stroke="{colour}" points="{path}"/>')
        lines += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}"/>' for x, y in curve.points]
        left = LEFT + index * (WIDTH - LEFT - RIGHT) / len(curves)
        lines.append(f'<rect x="{left:.0f}" y="{HEIGHT - 46}" width="12" height="12" fill="{colour}"/>')
        lines.append(f'<text x="{left + 18:.0f}" y="{HEIGHT - 36}">{escape(curve.name)}</text>')
    lines.append(f'<text class="value" x="{LEFT}" y="{HEIGHT - 12}">{escape(caption)}</text>')
    body = "\n".join(lines)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"><style>{STYLE}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n')
