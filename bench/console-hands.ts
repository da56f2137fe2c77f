// Owns "console"'s figures of hands on the canvas: main-thread tasks while panning and while dragging layers, and how fast a prediction follows the pointer.
import type { Browser, Page } from "@playwright/test";
import { type Task, tasksDuring } from "./main-thread-tasks.ts";
import { openCanvas } from "./open-canvas.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

const MAX_TASK_MS = 50;
const PAN_TURNS = 4;
const PAN_STEPS = 60;
const CARDS_VISITED = 30;
/** A prediction later than this counts as this. */
const FRAMES_WAITED = 30;

export async function measureHands(browser: Browser, address: string): Promise<Figure[]> {
  const page = await openCanvas(browser, address);
  // The first of each compiles and lays out what later ones find ready; both are what a hand meets.
  const pan = await tasksDuring(browser, page, () => panAbout(page));
  let frames: number[] = [];
  const drag = await tasksDuring(browser, page, async () => { frames = await dragOverCards(page); });
  await page.context().close();
  return [
    ...figuresOf("panning", pan), ...figuresOf("dragging layers", drag),
    { figure: `frames from the pointer over a node to its prediction, p99 of ${frames.length}`, value: quantile(frames, 0.99), unit: "frames", target: { op: "<=", than: 1 } },
  ];
}

function figuresOf(label: string, tasks: readonly Task[]): Figure[] {
  const wall = tasks.map((task) => task.wallMs);
  const cpu = tasks.map((task) => task.cpuMs);
  return [
    { figure: `main-thread tasks while ${label}, p99 of ${tasks.length}`, value: quantile(wall, 0.99), unit: "ms", target: { op: "<=", than: MAX_TASK_MS } },
    { figure: `main-thread tasks while ${label}, longest`, value: quantile(wall, 1), unit: "ms" },
    ...(quantile(cpu, 1) > 0 ? [{ figure: `main-thread tasks while ${label}, p99, time on the core alone`, value: quantile(cpu, 0.99), unit: "ms" }] : []),
  ];
}

async function panAbout(page: Page): Promise<void> {
  const box = await page.getByTestId("canvas").boundingBox();
  if (!box) throw new Error("there is no canvas");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  for (let turn = 0; turn < PAN_TURNS; turn++) {
    await page.mouse.down({ button: "middle" });
    await page.mouse.move(x + (turn % 2 ? -260 : 260), y + (turn % 2 ? -120 : 120), { steps: PAN_STEPS });
    await page.mouse.up({ button: "middle" });
  }
}

/** Carries a layer over one card after the other; how many frames pass until what is shown is of that card. */
async function dragOverCards(page: Page): Promise<number[]> {
  await page.evaluate((most) => {
    const seen: number[] = [];
    let last: Element | null = null;
    Object.assign(window, { frames: seen });
    document.addEventListener("dragenter", (event) => {
      const card = (event.target as Element).closest("[data-testid=node-card]");
      const name = card?.getAttribute("data-node-name");
      if (!card || !name || card === last) return;
      last = card;
      let count = 0;
      const look = () => {
        count++;
        if (last !== card) return;
        if (document.querySelector("[data-testid=ghost]")?.textContent?.includes(`→ ${name}`)) seen.push(count);
        else if (count < most) requestAnimationFrame(look);
        else seen.push(most);
      };
      requestAnimationFrame(look);
    }, true);
  }, FRAMES_WAITED);
  const row = await page.getByTestId("layer-row").nth(4).boundingBox();
  const canvas = await page.getByTestId("canvas").boundingBox();
  if (!row || !canvas) throw new Error("there is no layer to drag");
  const cards = await page.getByTestId("node-card").all();
  await page.mouse.move(row.x + 60, row.y + row.height / 2);
  await page.mouse.down();
  for (let turn = 0; turn < 2; turn++) {
    for (const card of cards.slice(0, CARDS_VISITED)) {
      const box = await card.boundingBox();
      if (!box) continue;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (x < canvas.x || y < canvas.y || x > canvas.x + canvas.width || y > canvas.y + canvas.height) continue;
      await page.mouse.move(x, y, { steps: 4 });
    }
  }
  await page.mouse.move(row.x + 60, row.y + 200);
  await page.mouse.up();
  return page.evaluate(() => (window as unknown as { frames: number[] }).frames);
}
