// Owns a topology as a file that people read and git compares: YAML, everything under its id, ids sorted, what is not given left out. Pure.
import { isMap, isScalar, LineCounter, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { TopologyDocument, TopologyLayout } from "../topology/topology.ts";
import { sayFieldMistake } from "./field-mistake.ts";
import { sayYamlMistake } from "./yaml-mistake.ts";

export const FILE_FORMAT = "cutplane-topology/1";
/** A drawing of 1000 nodes and 10 000 links is below this. */
export const FILE_MAX_CHARACTERS = 4_000_000;
const PROBLEMS_SHOWN_MAX = 10;

export type TopologyFile = { name: string; document: TopologyDocument; layout: TopologyLayout };

const id = z.string().min(1).max(100);
const figure = z.number().optional();
const place = z.tuple([z.number(), z.number()]).optional();
const trust = z.enum(["trusted", "untrusted"]).optional();
const fileSchema = z.strictObject({
  format: z.literal(FILE_FORMAT),
  name: z.string().min(1).max(200),
  entry: id.optional(),
  zones: z.record(id, z.strictObject({ name: z.string().min(1).max(200), gramsPerKilowattHour: figure, at: place })).optional(),
  nodes: z.record(id, z.strictObject({ name: z.string().min(1).max(200), zone: id.optional(), machine: id.optional(), trust, memoryBytes: figure, speed: figure, pricePerHour: figure, idleWatts: figure, activeWatts: figure, gramsPerKilowattHour: figure, at: place })),
  links: z.record(id, z.strictObject({ from: id, to: id, bothWays: z.boolean().optional(), latencyMs: figure, bandwidthBytesPerSecond: figure, pricePerGigabyte: figure, trust })).optional(),
});
type FileShape = z.infer<typeof fileSchema>;

/** The same drawing always gives the same text. */
export function writeTopologyFile({ name, document, layout }: TopologyFile): string {
  const at = (key: string) => { const found = layout[key]; return found && { at: [Math.round(found.x), Math.round(found.y)] as [number, number] }; };
  const given = (figures: Record<string, number | null | undefined>) => Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null && value !== undefined));
  const byId = <T extends { id: string }, R>(items: readonly T[], write: (item: T) => R) => (items.length === 0 ? undefined : Object.fromEntries([...items].sort((a, b) => (a.id < b.id ? -1 : 1)).map((item) => [item.id, write(item)])));
  const file: FileShape = {
    format: FILE_FORMAT,
    name,
    ...(document.sourceId === null ? {} : { entry: document.sourceId }),
    zones: byId(document.zones, (zone) => ({ name: zone.name, ...given({ gramsPerKilowattHour: zone.gramsPerKilowattHour }), ...(document.nodes.some((node) => node.zoneId === zone.id) ? {} : at(zone.id)) })),
    nodes: byId(document.nodes, ({ id: nodeId, name: nodeName, zoneId, nodeId: machine, trust: trusted, ...figures }) => ({ name: nodeName, ...(zoneId === null ? {} : { zone: zoneId }), ...(machine === null ? {} : { machine }), ...(trusted === "trusted" ? {} : { trust: trusted }), ...given({ memoryBytes: figures.memoryBytes, speed: figures.speed, pricePerHour: figures.pricePerHour, idleWatts: figures.idleWatts, activeWatts: figures.activeWatts, gramsPerKilowattHour: figures.gramsPerKilowattHour }), ...at(nodeId) })) ?? {},
    links: byId(document.links, ({ fromId, toId, bidirectional, latencyMs, bandwidthBytesPerSecond, pricePerGigabyte, trust: trusted }) => ({ from: fromId, to: toId, ...(bidirectional ? {} : { bothWays: false }), ...given({ latencyMs, bandwidthBytesPerSecond, pricePerGigabyte }), ...(trusted === "trusted" ? {} : { trust: trusted }) })),
  };
  const header = "# Figures not given are measured (live machines) or not known (planned ones). Memory in bytes, latency one way.\n";
  return header + stringify(JSON.parse(JSON.stringify(file)), { lineWidth: 0, aliasDuplicateObjects: false, flowCollectionPadding: false }).replace(/at:\n\s+- (-?\d+)\n\s+- (-?\d+)/g, "at: [$1, $2]");
}

/** Also reads JSON, which is YAML. @throws AppError bad-request naming line and path of each mistake. */
export function readTopologyFile(text: string): TopologyFile {
  if (text.length > FILE_MAX_CHARACTERS) throw new AppError("too-large", `The file has ${text.length} characters; ${FILE_MAX_CHARACTERS} are read.`, { place: "text", fix: "Split it into several topologies." });
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = parsed.errors;
  if (broken) { const { text: said, fix } = sayYamlMistake(broken, text, lines); refuse([said], `${fix} Then import it again.`); }
  const lineOf = (path: readonly PropertyKey[]): number => {
    let at = 1;
    let part: unknown = parsed.contents;
    for (const key of path) {
      if (!isMap(part)) break;
      const pair = part.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
      if (!pair) break;
      if (isScalar(pair.key) && pair.key.range) at = lines.linePos(pair.key.range[0]).line;
      part = pair.value;
    }
    return at;
  };
  const say = (path: readonly PropertyKey[], message: string) => `line ${lineOf(path)}, ${path.map(String).join(".") || "the file"}: ${message}`;
  let content: unknown;
  try {
    content = parsed.toJS();
  } catch {
    // An alias without its anchor, or so many that the file would unfold without end.
    refuse(["a “*name” refers to something that is not in the file, or such references stand in each other too often"], "Put quotes around text that begins with “*”, or write out what is referred to. Then import it again.");
  }
  const checked = fileSchema.safeParse(content);
  if (!checked.success) throw refuse(checked.error.issues.map((issue) => say(issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path, sayFieldMistake(issue))));
  const wrong = checkReferences(checked.data).map(({ path, message }) => say(path, message));
  if (wrong.length > 0) refuse(wrong);
  return toTopology(checked.data);
}

function refuse(problems: readonly string[], fix = "Mend what is named and import it again."): never {
  const rest = problems.length - PROBLEMS_SHOWN_MAX;
  throw new AppError("bad-request", `The file is not a topology. ${problems.slice(0, PROBLEMS_SHOWN_MAX).join("; ")}${rest > 0 ? `; and ${rest} more` : ""}.`, { place: problems[0]?.split(":")[0] ?? "text", fix, details: { problems } });
}

function checkReferences({ entry, nodes, zones = {}, links = {} }: FileShape): { path: string[]; message: string }[] {
  const wrong: { path: string[]; message: string }[] = [];
  const known = (items: object, wanted: string, path: string[], what: string) => { if (!Object.hasOwn(items, wanted)) wrong.push({ path, message: `there is no ${what} “${wanted}” in the file` }); };
  if (entry !== undefined) known(nodes, entry, ["entry"], "node");
  for (const [key, node] of Object.entries(nodes)) if (node.zone !== undefined) known(zones, node.zone, ["nodes", key, "zone"], "zone");
  for (const [key, link] of Object.entries(links)) for (const end of ["from", "to"] as const) known(nodes, link[end], ["links", key, end], "node");
  return wrong;
}

function toTopology({ name, entry, nodes, zones = {}, links = {} }: FileShape): TopologyFile {
  const layout: TopologyLayout = {};
  for (const [key, { at }] of Object.entries({ ...zones, ...nodes })) if (at) layout[key] = { x: Math.round(at[0]), y: Math.round(at[1]) };
  const document: TopologyDocument = {
    zones: Object.entries(zones).map(([key, zone]) => ({ id: key, name: zone.name, ...(zone.gramsPerKilowattHour === undefined ? {} : { gramsPerKilowattHour: zone.gramsPerKilowattHour }) })),
    nodes: Object.entries(nodes).map(([key, node]) => ({ id: key, name: node.name, zoneId: node.zone ?? null, nodeId: node.machine ?? null, trust: node.trust ?? "trusted", memoryBytes: node.memoryBytes ?? null, speed: node.speed ?? null, pricePerHour: node.pricePerHour ?? null, idleWatts: node.idleWatts ?? null, activeWatts: node.activeWatts ?? null, ...(node.gramsPerKilowattHour === undefined ? {} : { gramsPerKilowattHour: node.gramsPerKilowattHour }) })),
    links: Object.entries(links).map(([key, link]) => ({ id: key, fromId: link.from, toId: link.to, bidirectional: link.bothWays ?? true, latencyMs: link.latencyMs ?? null, bandwidthBytesPerSecond: link.bandwidthBytesPerSecond ?? null, trust: link.trust ?? "trusted", ...(link.pricePerGigabyte === undefined ? {} : { pricePerGigabyte: link.pricePerGigabyte }) })),
    sourceId: entry ?? null,
  };
  return { name, document, layout };
}
