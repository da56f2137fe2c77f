// Owns what a move's seconds consist of, in words. Pure.
import type { AdaptDecision } from "../api.ts";
import { digits } from "../format.ts";

type Parts = NonNullable<AdaptDecision["alternatives"][number]["parts"]>;
/** Givers that are named; of more their number. */
const MAX_NAMED = 2;

/** "fetching 8.00 s from gpu-box and the console, loading 1.50 s and a first run 0.20 s as measured there, all else 4.00 s" */
export function billPartsText({ fetchSeconds, loadSeconds, warmSeconds, otherSeconds, loading, from }: Parts): string {
  return `fetching ${seconds(fetchSeconds)}${saidFrom(from)}, loading ${seconds(loadSeconds)} and a first run ${seconds(warmSeconds)} ${loading === "measured" ? "as measured there" : "by estimate"}, all else ${seconds(otherSeconds)}`;
}

const seconds = (value: number): string => `${digits(value)} s`;

function saidFrom(from: Parts["from"] = []): string {
  if (from.length === 0) return "";
  const names = from.map(({ name }) => name ?? "the console");
  const named = names.length > MAX_NAMED + 1 ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} others`] : names;
  return ` from ${named.length === 1 ? named[0] : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`}`;
}
