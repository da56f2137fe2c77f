// Owns the history that survives a refresh: every step in few bytes, and only for the drawing it was made on. Pure but for the storage handed in.
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import type { Drawing, History } from "./canvas-edit.ts";
import { mergeLayouts, reuseItems, sameJson } from "./merge-documents.ts";

/** A browser gives a page about 5 MB; older steps are forgotten beyond this. */
export const KEPT_MAX_CHARACTERS = 1_500_000;
const STEPS_MAX = 100;

type Server = { revision: number; document: TopologyDocument; layout: TopologyLayout };
type Kept = { version: 1; revision: number; base: TopologyLayout; at: number; pool: unknown[]; steps: number[][][] };

/** Steps share what did not change: each object is written once, steps refer to it by number. */
export function writeHistory(history: History, server: Pick<Server, "revision" | "layout">, stepsMax = STEPS_MAX): string | null {
  const pool: unknown[] = [];
  const numbers = new Map<unknown, number>();
  const number = (value: unknown, key: unknown = value): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, pool.push(value) - 1);
    return pool.length - 1;
  };
  const stepOf = ({ document, layout, placement, request }: Drawing) => [
    document.nodes.map((one) => number(one)), document.links.map((one) => number(one)), document.zones.map((one) => number(one)), [number(document.sourceId)],
    Object.entries(layout).map(([id, place]) => number([id, place], `${id} ${place.x} ${place.y} ${place.width} ${place.height}`)), [number(placement)], request === undefined ? [] : [number(request)],
  ];
  const past = history.past.slice(-stepsMax);
  const future = history.future.slice(0, stepsMax);
  const kept: Kept = { version: 1, revision: server.revision, base: server.layout, at: past.length, steps: [...past, history.present, ...future].map(stepOf), pool };
  const text = JSON.stringify(kept);
  if (text.length <= KEPT_MAX_CHARACTERS) return text;
  return stepsMax > 1 ? writeHistory(history, server, Math.floor(stepsMax / 2)) : null;
}

/** The history as it was left; null when the server's drawing has moved on without us, or the text is not ours. */
export function readHistory(text: string | null, server: Server): History | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Kept;
    if (kept.version !== 1) return null;
    const read = <T>(numbers: number[] | undefined) => (numbers ?? []).map((at) => kept.pool[at] as T);
    const steps = kept.steps.map(([nodes, links, zones, sourceId, places, placement, request]): Drawing => ({
      document: reuseItems(server.document, { nodes: read(nodes), links: read(links), zones: read(zones), sourceId: read<string | null>(sourceId)[0] ?? null }),
      layout: mergeLayouts(kept.base, Object.fromEntries(read<[string, TopologyLayout[string]]>(places)), server.layout),
      placement: read<Drawing["placement"]>(placement)[0] ?? [],
      ...(request?.length ? { request: read<NonNullable<Drawing["request"]>>(request)[0] as NonNullable<Drawing["request"]> } : {}),
    }));
    const present = steps[kept.at];
    if (present === undefined || (kept.revision !== server.revision && !sameJson(present.document, server.document))) return null;
    return { past: steps.slice(0, kept.at), present, future: steps.slice(kept.at + 1) };
  } catch {
    return null;
  }
}
