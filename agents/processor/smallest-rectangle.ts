// Owns plane geometry of text boxes: convex hull, and the smallest turned rectangle around points.

export type Corner = { x: number; y: number };
/** Centre, sides and the angle of the `width` side against the x axis, in radians, within ±45°. */
export type TurnedRectangle = { x: number; y: number; width: number; height: number; angle: number };

/** Exact: one side of the smallest rectangle lies on an edge of the hull (Freeman and Shapira, 1975). `points` must not be empty. */
export function smallestRectangle(points: Corner[]): TurnedRectangle {
  const hull = convexHull(points);
  let best: TurnedRectangle | null = null;
  for (let index = 0; index < hull.length; index++) {
    const from = hull[index]!;
    const to = hull[(index + 1) % hull.length]!;
    // Angles a quarter turn apart give the same rectangle: fold into ±45° so that `width` lies along the text's line.
    const edge = hull.length === 1 ? 0 : Math.atan2(to.y - from.y, to.x - from.x);
    const angle = edge - Math.round(edge / (Math.PI / 2)) * (Math.PI / 2);
    const box = boundsAt(hull, angle);
    if (!best || box.width * box.height < best.width * best.height) best = box;
  }
  return best!;
}

function boundsAt(hull: Corner[], angle: number): TurnedRectangle {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (const { x, y } of hull) {
    const along = x * cos + y * sin;
    const across = y * cos - x * sin;
    left = Math.min(left, along);
    right = Math.max(right, along);
    top = Math.min(top, across);
    bottom = Math.max(bottom, across);
  }
  const along = (left + right) / 2;
  const across = (top + bottom) / 2;
  return { x: along * cos - across * sin, y: along * sin + across * cos, width: right - left, height: bottom - top, angle };
}

/** Andrew's monotone chain, clockwise on a screen (y down); collinear points left out. */
function convexHull(points: Corner[]): Corner[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const half = (ordered: Corner[]) => {
    const chain: Corner[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  const hull = [...half(sorted), ...half(sorted.reverse())];
  return hull.length > 0 ? hull : [sorted[0]!];
}

function turn(a: Corner, b: Corner, c: Corner): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Top left, top right, bottom right, bottom left, as the text is read. */
export function cornersOf(box: TurnedRectangle): [Corner, Corner, Corner, Corner] {
  const cos = Math.cos(box.angle);
  const sin = Math.sin(box.angle);
  const corner = (across: number, down: number): Corner => ({
    x: box.x + across * box.width * cos - down * box.height * sin,
    y: box.y + across * box.width * sin + down * box.height * cos,
  });
  return [corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)];
}
