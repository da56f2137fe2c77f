// Owns "console"'s figure of an agent's event: from its socket to the pixel of a browser, alone and with fifty browsers open.
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "@playwright/test";
import { newPage } from "./open-canvas.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";
import type { SimulatedAgent } from "./simulated-fleet.ts";

const EVENTS = 60;
const MAX_EVENT_MS = 250;
/** An event later than this was lost. */
const EVENT_TIMEOUT_MS = 5_000;
const SETTLE_MS = 2_000;
type Shown = { shown: Record<string, number> };
let sent = 0;

/** `beside`: what else goes on, in words. */
export async function measureEvents(browser: Browser, { url, agents }: { url: string; agents: readonly SimulatedAgent[] }, beside: string): Promise<Figure[]> {
  const page = await newPage(browser);
  await page.addInitScript(() => {
    const shown: Record<string, number> = {};
    Object.assign(window, { shown });
    // The frame that shows it has been drawn when a task after its callbacks runs. Looking at the whole page's text in each frame would cost more than what is measured.
    const drawn = (id: string) => requestAnimationFrame(() => setTimeout(() => { shown[id] ??= Date.now(); }, 0));
    const look = (records: MutationRecord[]) => {
      for (const record of records) for (const node of record.addedNodes) for (const found of (node.textContent ?? "").matchAll(/bench-event-(\d+)/g)) drawn(found[1] as string);
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${url}/events`);
  await pause(SETTLE_MS);
  const delays: number[] = [];
  let missing = 0;
  for (let event = 0; event < EVENTS; event++) {
    const number = sent++;
    const agent = agents[number % agents.length] as SimulatedAgent;
    const at = new Date();
    // Sent at once, as an agent does with what cannot wait for its next report.
    agent.socket.emit("report", { seq: agent.nextSeq(), at: at.toISOString(), bootId: agent.bootId, cursor: 0, notices: [{ at: at.toISOString(), level: "warn", code: "bench", message: `bench-event-${number}` }] }, () => undefined);
    const shownAt = await page.waitForFunction((id) => (window as unknown as Shown).shown[id], String(number), { timeout: EVENT_TIMEOUT_MS, polling: 20 }).then((handle) => handle.jsonValue(), () => null);
    if (shownAt === null || shownAt === undefined) missing++;
    else delays.push(shownAt - at.getTime());
  }
  await page.context().close();
  return [
    { figure: `an agent's event to the pixel, ${beside}, p50 of ${EVENTS}`, value: quantile(delays, 0.5), unit: "ms" },
    { figure: `an agent's event to the pixel, ${beside}, p99 of ${EVENTS}`, value: quantile(delays, 0.99), unit: "ms", target: { op: "<=", than: MAX_EVENT_MS } },
    { figure: `events never shown, ${beside}`, value: missing, unit: "events", target: { op: "==", than: 0 } },
  ];
}
