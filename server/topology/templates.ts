// Owns the drawings to begin from. Every figure in them is an assumption: typical for the kind of machine and line named, measured nowhere.
import type { TopologyDocument, TopologyLayout, TopologyLink, TopologyNode } from "./topology.ts";

export type TopologyTemplate = { id: string; name: string; description: string; document: TopologyDocument; layout: TopologyLayout };

const GIGABYTE = 1e9;
/** Mbit/s → bytes per second. */
const MEGABIT = 125_000;

type Machine = readonly [id: string, name: string, zoneId: string, speed: number, memoryGigabytes: number, idleWatts: number, activeWatts: number, x: number, y: number];
type Line = readonly [fromId: string, toId: string, latencyMs: number, megabits: number, trust?: TopologyLink["trust"]];

function draw(id: string, name: string, description: string, zones: readonly (readonly [string, string])[], machines: readonly Machine[], lines: readonly Line[]): TopologyTemplate {
  const nodes = machines.map(([key, nodeName, zone, speed, memoryGigabytes, idleWatts, activeWatts]): TopologyNode => ({ id: `tn_${key}`, name: nodeName, zoneId: `zon_${zone}`, nodeId: null, trust: "trusted", memoryBytes: memoryGigabytes * GIGABYTE, speed, pricePerHour: null, idleWatts, activeWatts }));
  const links = lines.map(([from, to, latencyMs, megabits, trust = "trusted"]): TopologyLink => ({ id: `lnk_${from}_${to}`, fromId: `tn_${from}`, toId: `tn_${to}`, bidirectional: true, latencyMs, bandwidthBytesPerSecond: megabits * MEGABIT, trust }));
  const layout = Object.fromEntries(machines.map(([key, , , , , , , x, y]) => [`tn_${key}`, { x: x * 400, y: y * 250 }]));
  return { id, name, description, document: { nodes, links, zones: zones.map(([key, zoneName]) => ({ id: `zon_${key}`, name: zoneName })), sourceId: nodes[0]?.id ?? null }, layout };
}

/** Speed 1 = one reference core. Radio figures are those of a fair day in a loaded cell, not of a data sheet. */
export const TEMPLATES: readonly TopologyTemplate[] = [
  draw("three-tier-mec", "Three-tier MEC", "A device on 5G, a server at the base station, a region behind it.",
    [["device", "device"], ["edge", "edge site"], ["region", "region"]],
    [["device", "device", "device", 1, 4, 3, 10, 0, 0], ["edge", "edge server", "edge", 8, 32, 60, 180, 1, 0], ["region", "region server", "region", 32, 128, 120, 400, 2, 0]],
    [["device", "edge", 10, 50], ["edge", "region", 12, 1000]]),
  draw("v2x", "V2X", "Two vehicles, a roadside unit, an edge server. The line between the vehicles carries no activations.",
    [["road", "road"], ["roadside", "roadside"], ["edge", "edge site"]],
    [["car_a", "vehicle A", "road", 4, 16, 20, 60, 0, 0], ["car_b", "vehicle B", "road", 4, 16, 20, 60, 0, 1], ["rsu", "roadside unit", "roadside", 2, 8, 10, 30, 1, 0.5], ["edge", "edge server", "edge", 16, 64, 80, 250, 2, 0.5]],
    [["car_a", "rsu", 15, 20], ["car_b", "rsu", 15, 20], ["car_a", "car_b", 20, 10, "untrusted"], ["rsu", "edge", 2, 1000]]),
  draw("industrial-line", "Industrial line", "Three camera stations on wired Ethernet, a cell controller, the plant's server.",
    [["line", "line"], ["cell", "cell cabinet"], ["plant", "plant"]],
    [["cam_1", "station 1", "line", 1, 2, 4, 12, 0, 0], ["cam_2", "station 2", "line", 1, 2, 4, 12, 0, 1], ["cam_3", "station 3", "line", 1, 2, 4, 12, 0, 2], ["cell", "cell controller", "cell", 4, 16, 15, 45, 1, 1], ["plant", "plant server", "plant", 16, 64, 90, 280, 2, 1]],
    [["cam_1", "cell", 0.3, 1000], ["cam_2", "cell", 0.3, 1000], ["cam_3", "cell", 0.3, 1000], ["cell", "plant", 0.5, 10_000]]),
  draw("home-lab", "Home lab", "A laptop on Wi-Fi, a mini PC and a single-board computer on the switch.",
    [["desk", "desk"], ["shelf", "shelf"]],
    [["laptop", "laptop", "desk", 6, 16, 8, 45, 0, 0.5], ["mini", "mini PC", "shelf", 4, 16, 7, 35, 1, 0], ["board", "single-board computer", "shelf", 1, 8, 3, 9, 1, 1]],
    [["laptop", "mini", 3, 200], ["laptop", "board", 3, 200], ["mini", "board", 0.3, 940]]),
];
