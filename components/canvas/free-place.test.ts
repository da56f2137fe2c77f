import { expect, test } from "vitest";
import type { Box } from "./canvas-layout.ts";
import { freePlace } from "./free-place.ts";

const card = (x: number, y: number): Box => ({ x, y, width: 248, height: 140 });

test("where nothing lies the wanted place is taken; beside a card comes before below it", () => {
  expect(freePlace(card(10.4, 20), [])).toEqual({ x: 10, y: 20 });
  const second = freePlace(card(0, 0), [card(0, 0)]);
  expect(second).toEqual({ x: 398, y: 0 });
  expect(freePlace(card(0, 0), [card(0, 0), card(398, 0)])).toEqual({ x: 0, y: 204 });
});
test("a hundred cards that all want one place cover none of the others", () => {
  const cards: Box[] = [];
  for (let count = 0; count < 100; count++) cards.push({ ...card(0, 0), ...freePlace(card(0, 0), cards) });
  for (const [index, a] of cards.entries()) for (const b of cards.slice(index + 1)) expect(Math.abs(a.x - b.x) >= a.width || Math.abs(a.y - b.y) >= a.height).toBe(true);
});
