// Owns the names people see: an op's scope and label from the file's own names, as PyTorch, TensorFlow and Paddle exporters write them.
import type { Op } from "./graph.ts";

/** Depth and length of what is shown; a hostile file may name an op with a novel. */
const MAX_SCOPE_DEPTH = 12;
const MAX_PART_LENGTH = 64;

export type OpName = { scope: string[]; label: string };

export function nameOf(op: Op): OpName {
  const named = op.proto.name;
  if (named.includes("/")) return split(named.split("/"));
  if (/^[A-Za-z_][\w]*(\.[\w]+){2,}$/.test(named) && !named.startsWith("p2o.")) return split(named.split("."));
  const output = op.outputs[0] ?? "";
  if (output.includes("/")) return split(output.split("/"));
  const label = paddleLabel(output) ?? (named === "" ? output : named.replace(/^p2o\./, ""));
  return { scope: [], label: cut(label === "" ? op.opType : label) };
}

function split(parts: string[]): OpName {
  const clean = parts.map((part) => cut(part)).filter((part) => part !== "" && part !== ".");
  const label = clean.pop() ?? "";
  return { scope: clean.slice(0, MAX_SCOPE_DEPTH), label: label.replace(/_output_\d+$/, "") };
}

/** Paddle names values after the module that made them: "conv2d_465.tmp_0". */
function paddleLabel(output: string): string | null {
  const match = output.match(/^(.+?)\.(?:tmp|out|w|b)_\d+$/);
  return match === null || match[1]?.startsWith("p2o.") === true ? null : (match[1] ?? null);
}

function cut(part: string): string {
  return part.length <= MAX_PART_LENGTH ? part : `${part.slice(0, MAX_PART_LENGTH - 1)}…`;
}

/** Every name once: the scope alone where one layer has it, then with the label, then with a number. */
export function uniqueNames(names: OpName[]): string[] {
  const paths = names.map((name) => name.scope.join("/"));
  const count = (list: string[]) => list.reduce((counts, one) => counts.set(one, (counts.get(one) ?? 0) + 1), new Map<string, number>());
  const pathCounts = count(paths);
  const labelled = names.map((name, index) => (paths[index] !== "" && pathCounts.get(paths[index] as string) === 1 ? (paths[index] as string) : [...name.scope, name.label].join("/")));
  const used = new Set<string>();
  return labelled.map((name) => {
    let unique = name;
    for (let number = 2; used.has(unique); number++) unique = `${name}#${number}`;
    used.add(unique);
    return unique;
  });
}
