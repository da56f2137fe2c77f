// Owns the planning problem as a mixed-integer linear programme, written from its definition and not from the solvers: what HiGHS proves with it, it proves alone.
//
//   z[p,i,j] ∈ {0,1}  the stage of layers [i, j) runs on processor p; only where it may: both ends legal, every layer allowed, memory and demand met by it alone
//   y[j,g,h] ≥ 0      at position j the request crosses from group g to h; a group is the processors of one place and unit, and g ≠ h
//   r[a,b]   ≥ 0      the plan begins at place a and ends at b; only where source and sink are the first stage's place
//   t        ≥ 0      the busiest node or link, only for that objective
//
//   Σ z[p,0,j] = 1;   stages that end at j in g = Σ_h y[j,g,h];   stages that begin at j in h = Σ_g y[j,g,h]        (a path from 0 to n, so y and r come out whole)
//   per node: Σ bytes z ≤ free;   per node and link: Σ busy ≤ limit (and ≤ t);   Σ latency ≤ limit;   min ≤ Σ z ≤ max;   per node: Σ z ≤ 1 where once per node;
//   apart: a node (or zone) holds layers of the first range or of the second, a binary for each node decides
//
// Every constraint of an instance is linear in these. Not expressed: "equal bottlenecks by latency" (a tie-break), and latencies under a demand, with their quantiles (refused: `not-linear`).
import type { Instance, SearchStage } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";
import { type Charges, chargeColumns, group } from "./charge-columns.ts";
import type { Column, Milp, Row } from "./milp.ts";

/** Null = more than `maxColumns` columns: too large to be proved this way. */
export function buildMilp(request: Pick<SearchRequest, "instance" | "objective" | "moving">, maxColumns: number): Milp | null {
  const charges = chargeColumns(request);
  const columns = [...stageColumns(request.instance, charges, maxColumns)];
  if (columns.length > maxColumns) return null;
  columns.push(...crossingColumns(request.instance, charges, columns), ...returnColumns(request.instance, charges));
  if (columns.length > maxColumns) return null;
  const rows: Row[] = [...pathRows(request.instance, columns), ...limitRows(request.instance, columns)];
  if (request.objective.kind === "bottleneck") {
    columns.push({ name: "t", cost: 1, latencyMs: 0, busyMs: new Map(), bytes: new Map(), whole: false });
    rows.push(...busyRows(columns, request.instance.nodes.length).map(({ name, terms }) => ({ name: `worst_${name}`, terms: [...terms, { column: columns.length - 1, value: -1 }], lower: null, upper: 0 })));
  }
  addApart(request.instance, columns, rows);
  return { columns, rows, constant: charges.constant };
}

function* stageColumns(instance: Instance, charges: Charges, maxColumns: number): Generator<Column> {
  let made = 0;
  for (const [processor, { allowedUntil }] of instance.processors.entries())
    for (let from = 0; from < instance.layerCount; from++) {
      if (instance.legal[from] === 0) continue;
      for (let to = from + 1; to <= allowedUntil[from]!; to++) {
        if (instance.legal[to] === 0) continue;
        const column = charges.stage({ processor, from, to });
        if (column === null) continue;
        yield column;
        if (++made > maxColumns) return;
      }
    }
}

function crossingColumns(instance: Instance, charges: Charges, stages: readonly Column[]): Column[] {
  const ending = new Map<number, Set<number>>();
  const beginning = new Map<number, Set<number>>();
  const note = (map: Map<number, Set<number>>, position: number, own: number) => (map.get(position) ?? map.set(position, new Set()).get(position)!).add(own);
  for (const { stage } of stages) {
    note(ending, stage!.to, group(instance, stage!));
    note(beginning, stage!.from, group(instance, stage!));
  }
  const columns: Column[] = [];
  for (let at = 1; at < instance.layerCount; at++)
    for (const before of ending.get(at) ?? [])
      for (const after of beginning.get(at) ?? []) {
        const column = before === after ? null : charges.crossing({ at, before, after });
        if (column) columns.push(column);
      }
  return columns;
}

function returnColumns(instance: Instance, charges: Charges): Column[] {
  if (instance.source !== -1 || instance.sink !== -1) return [];
  return instance.places.flatMap((_, first) => instance.places.flatMap((_, last) => charges.way({ first, last }) ?? []));
}

function pathRows(instance: Instance, columns: readonly Column[]): Row[] {
  const rows = new Map<string, Row>();
  const add = (name: string, column: number, value: number) => {
    const row = rows.get(name) ?? { name, terms: [], lower: 0, upper: 0 };
    rows.set(name, row);
    row.terms.push({ column, value });
  };
  const returns = instance.source === -1 && instance.sink === -1;
  const begin: Row = { name: "begin", terms: [], lower: 1, upper: 1 };
  for (const [index, { stage, crossing, way }] of columns.entries()) {
    if (stage) {
      const own = group(instance, stage);
      const { place } = instance.processors[stage.processor]!;
      if (stage.from === 0) begin.terms.push({ column: index, value: 1 });
      else add(`in_${stage.from}_${own}`, index, 1);
      if (stage.to < instance.layerCount) add(`out_${stage.to}_${own}`, index, 1);
      if (returns && stage.from === 0) add(`first_${place}`, index, 1);
      if (returns && stage.to === instance.layerCount) add(`last_${place}`, index, 1);
    }
    if (crossing) {
      add(`out_${crossing.at}_${crossing.before}`, index, -1);
      add(`in_${crossing.at}_${crossing.after}`, index, -1);
    }
    if (way) {
      add(`first_${way.first}`, index, -1);
      add(`last_${way.last}`, index, -1);
    }
  }
  return [begin, ...rows.values()];
}

function limitRows(instance: Instance, columns: readonly Column[]): Row[] {
  const { limits, nodes } = instance;
  const stages = columns.flatMap((column, index) => (column.stage ? [{ column: index, value: 1, stage: column.stage }] : []));
  const terms = (of: (column: Column) => number) => columns.flatMap((column, index) => (of(column) === 0 ? [] : [{ column: index, value: of(column) }]));
  const rows: Row[] = [{ name: "count", terms: stages.map(({ column, value }) => ({ column, value })), lower: limits.minStages, upper: limits.maxStages }];
  for (const [node, { freeBytes }] of nodes.entries()) if (Number.isFinite(freeBytes)) rows.push(share({ name: `memory_${node}`, terms: terms((column) => column.bytes.get(node) ?? 0), lower: null, upper: freeBytes }));
  if (Number.isFinite(limits.latencyMs)) rows.push(share({ name: "latency", terms: terms((column) => column.latencyMs), lower: null, upper: limits.latencyMs - instance.constantMs }));
  if (Number.isFinite(limits.bottleneckMs)) for (const row of busyRows(columns, nodes.length)) rows.push(share({ ...row, upper: limits.bottleneckMs }));
  if (limits.oncePerNode) for (const node of nodes.keys()) rows.push({ name: `once_${node}`, terms: stages.filter(({ stage }) => instance.places[instance.processors[stage.processor]!.place]!.nodes.includes(node)).map(({ column, value }) => ({ column, value })), lower: null, upper: 1 });
  return rows.filter((row) => row.terms.length > 0 || (row.lower ?? 0) > 0 || (row.upper ?? 0) < 0);
}

/** By node, then by link: busy milliseconds. */
function busyRows(columns: readonly Column[], nodeCount: number): Row[] {
  const rows = new Map<number, Row>();
  for (const [index, { busyMs }] of columns.entries())
    for (const [resource, value] of busyMs) {
      const row = rows.get(resource) ?? { name: resource < nodeCount ? `busy_node_${resource}` : `busy_link_${resource - nodeCount}`, terms: [], lower: null, upper: 0 };
      rows.set(resource, row);
      if (value !== 0) row.terms.push({ column: index, value });
    }
  return [...rows.values()].filter((row) => row.terms.length > 0);
}

/** As a share of the limit, so that the solver's absolute tolerance is a relative one. */
function share(row: Row): Row {
  const unit = Math.abs(row.upper!) || 1;
  return { ...row, terms: row.terms.map(({ column, value }) => ({ column, value: value / unit })), upper: row.upper! / unit };
}

function addApart(instance: Instance, columns: Column[], rows: Row[]): void {
  const overlaps = (stage: SearchStage, range: { from: number; to: number }) => stage.from < range.to && range.from < stage.to;
  for (const [index, rule] of instance.apart.entries()) {
    const homeOf = (node: number) => (rule.within === "zone" && instance.nodes[node]!.zone !== -1 ? `zone${instance.nodes[node]!.zone}` : `node${node}`);
    for (const home of new Set(instance.nodes.map((_, node) => homeOf(node)))) {
      const own = columns.flatMap((column, at) => (column.stage && instance.places[instance.processors[column.stage.processor]!.place]!.nodes.some((node) => homeOf(node) === home) ? [{ at, stage: column.stage }] : []));
      const holdsSecond = columns.push({ name: `a_${index}_${home}`, cost: 0, latencyMs: 0, busyMs: new Map(), bytes: new Map(), whole: true }) - 1;
      for (const { at, stage } of own) {
        if (overlaps(stage, rule.second)) rows.push({ name: `second_${index}_${home}_${at}`, terms: [{ column: at, value: 1 }, { column: holdsSecond, value: -1 }], lower: null, upper: 0 });
        if (overlaps(stage, rule.first)) rows.push({ name: `first_${index}_${home}_${at}`, terms: [{ column: at, value: 1 }, { column: holdsSecond, value: 1 }], lower: null, upper: 1 });
      }
    }
  }
}
