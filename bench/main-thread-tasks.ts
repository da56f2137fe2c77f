// Owns reading a page's main-thread tasks from a trace of the browser.
import type { Browser, Page } from "@playwright/test";

/** Shorter tasks are the browser's own housekeeping; they would only make the percentile look better. */
const MIN_TASK_MS = 1;
type TraceEvent = { name: string; pid: number; tid: number; dur?: number; tdur?: number; args?: { name?: string } };

/** `wallMs`: as the user waits; `cpuMs`: without the time other programs had the core (0 where the browser does not tell). */
export type Task = { wallMs: number; cpuMs: number };

/** Tasks of at least `MIN_TASK_MS` while `act` runs. @throws Error when the trace shows none */
export async function tasksDuring(browser: Browser, page: Page, act: () => Promise<void>): Promise<Task[]> {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "toplevel"] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString("utf8")) as { traceEvents: TraceEvent[] };
  const threads = new Map<string, Task[]>();
  const names = new Map<string, string>();
  for (const event of traceEvents) {
    const key = `${event.pid}/${event.tid}`;
    if (event.name === "thread_name") names.set(key, event.args?.name ?? "");
    if (event.name !== "RunTask" || event.dur === undefined || event.dur < MIN_TASK_MS * 1000) continue;
    const task = { wallMs: event.dur / 1000, cpuMs: (event.tdur ?? 0) / 1000 };
    const list = threads.get(key);
    if (list) list.push(task);
    else threads.set(key, [task]);
  }
  const main = [...threads].filter(([key]) => names.get(key) === "CrRendererMain").sort(([, a], [, b]) => b.length - a.length)[0];
  if (!main) throw new Error("the trace shows no task of the page's main thread");
  return main[1];
}
