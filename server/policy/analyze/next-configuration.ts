// Owns which configuration is measured next. Pure: a function of what was asked and what was measured, so that it may be asked again at any time.
import { type AnalysisRequest, type Configuration, keyOf, type Measured, type Variant } from "./analysis.ts";
import { compareMeasured } from "./compare-measured.ts";

export type Asked = Pick<AnalysisRequest, "maxBatch" | "concurrency" | "constraints" | "objective" | "search" | "maxConfigurations">;
/** Indices: variant, batch, concurrency. */
type Point = [number, number, number];

/** All there are, those of one rig together, so that each is put up once. */
export function allConfigurations(variants: readonly Variant[], { maxBatch, concurrency }: Pick<Asked, "maxBatch" | "concurrency">): Configuration[] {
  return variants.flatMap((variant) => (variant.refused === null ? maxBatch.flatMap((batch) => concurrency.map((at) => configurationOf(variant, batch, at))) : []));
}

/** Null = nothing more is to be measured. `measured` may grow in any order. */
export function nextConfiguration(variants: readonly Variant[], asked: Asked, measured: readonly Measured[]): Configuration | null {
  if (measured.length >= asked.maxConfigurations) return null;
  const done = new Set(measured.map((one) => keyOf(one.configuration)));
  const open = (configuration: Configuration) => !done.has(keyOf(configuration));
  if (asked.search === "sweep") return allConfigurations(variants, asked).find(open) ?? null;
  return climb(variants.filter((variant) => variant.refused === null), asked, measured, open);
}

/**
 * Model Analyzer's "quick" search, restated: from the least of everything, the neighbours of the best so far are measured, and the best of them is the next one to look around from. It ends where no
 * neighbour is better, which need not be the best of all. Neighbours of the same rig come first, because they cost no deployment.
 */
function climb(variants: readonly Variant[], asked: Asked, measured: readonly Measured[], open: (configuration: Configuration) => boolean): Configuration | null {
  const at = ([variant, batch, concurrency]: Point) => configurationOf(variants[variant]!, asked.maxBatch[batch]!, asked.concurrency[concurrency]!);
  if (variants.length === 0) return null;
  // Each plan begins somewhere: a plan that is slower alone may be the one that gains most.
  const starts = variants.flatMap((variant, index): Point[] => (variants.findIndex((other) => sameWish(other, variant)) === index ? [[index, 0, 0]] : []));
  const [best] = [...measured].filter((one) => one.figures !== null).sort((a, b) => compareMeasured(a, b, asked));
  const centre = best && pointOf(variants, asked, best.configuration);
  const around = centre ? neighboursOf(centre, variants, asked) : [];
  return [...starts, ...around].map(at).find(open) ?? null;
}

function neighboursOf([variant, batch, concurrency]: Point, variants: readonly Variant[], asked: Asked): Point[] {
  const own = variants[variant]!;
  const modes = variants.flatMap((other, index) => (sameWish(own, other) ? [index] : []));
  const mode = modes.indexOf(variant);
  const points: Point[] = [[variant, batch, concurrency + 1], [variant, batch + 1, concurrency], [variant, batch, concurrency - 1], [variant, batch - 1, concurrency]];
  for (const step of [1, -1]) if (modes[mode + step] !== undefined) points.push([modes[mode + step]!, batch, concurrency]);
  return points.filter(([, b, c]) => b >= 0 && b < asked.maxBatch.length && c >= 0 && c < asked.concurrency.length);
}

function pointOf(variants: readonly Variant[], { maxBatch, concurrency }: Asked, configuration: Configuration): Point | null {
  const point: Point = [variants.findIndex(({ planId, threads }) => planId === configuration.planId && threads === configuration.threads), maxBatch.indexOf(configuration.maxBatch), concurrency.indexOf(configuration.concurrency)];
  return point.includes(-1) ? null : point;
}

/** Same plan, perhaps in another mode. */
const sameWish = (a: Variant, b: Variant): boolean => JSON.stringify(a.wish) === JSON.stringify(b.wish);

const configurationOf = ({ planId, threads }: Variant, maxBatch: number, concurrency: number): Configuration => ({ planId: planId!, threads, maxBatch, concurrency });
