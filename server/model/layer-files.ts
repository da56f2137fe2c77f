// Owns what of a model's files each layer needs: the pieces that hold its weights, and what it adds to a segment's own file. From the same pieces and the same
// rule of what is embedded as segments are made by, so that what a move takes can be told before its segments are there.
import { type Graph, type Op, tensorByteSize } from "./graph.ts";
import type { Layer, LayerFiles, ModelFacts } from "./model.ts";
import type { TensorProto } from "./onnx-types.ts";
import type { Schedule } from "./schedule.ts";
import { EMBED_BELOW_BYTES, placeOfWeight, type WeightPlace } from "./skeleton.ts";
import { type Piece, piecesIn, placesByFile } from "./weight-pieces.ts";

/** Of a reference to a weight beside its name: type, sizes, file, offset, length. */
const REFERENCE_BYTES = 75;

/** Adds to `layers`, which follow each other in the schedule. A file that is too short is refused where segments are made. */
export function addLayerFiles(schedule: Schedule, layers: Layer[], files: Pick<ModelFacts, "externalFiles" | "fileBytes">): void {
  const names = [null, ...files.externalFiles.map((file) => file.fileName)];
  const piecesByFile = new Map([...placesByFile(schedule.graph)].map(([file, all]) => {
    const bytes = files.externalFiles.find((one) => one.fileName === file)?.bytes ?? files.fileBytes;
    return [file, reaches(all, bytes) ? piecesIn(all, bytes) : null] as const;
  }));
  let from = 0;
  for (const layer of layers) {
    const ops = schedule.ops.slice(from, from + layer.opCount);
    from += layer.opCount;
    const { places, graphBytes } = needsOf(ops, schedule.graph);
    layer.files = { graphBytes, spans: names.flatMap((name, file) => joined(piecesByFile.get(name)?.(places.filter((place) => place.file === name)) ?? []).map(([start, end]): LayerFiles["spans"][number] => [file, start, end])) };
  }
}

function reaches(all: readonly WeightPlace[], bytes: number): boolean {
  return all.every((place) => place.offset + place.length <= bytes);
}

/** Constants that an op is fed by are repeated in every segment that has it. */
function needsOf(ops: readonly Op[], graph: Graph): { places: WeightPlace[]; graphBytes: number } {
  const places: WeightPlace[] = [];
  let graphBytes = 0;
  const seen = new Set<string>();
  const add = (name: string, tensor: TensorProto, embeddedBytes: number) => {
    const place = placeOfWeight(tensor);
    const isApart = place !== null && (place.length >= EMBED_BELOW_BYTES || place.file !== null);
    if (isApart) places.push(place);
    graphBytes += isApart ? name.length + REFERENCE_BYTES : embeddedBytes;
  };
  const visit = (op: Op) => {
    const value = op.opType === "Constant" ? op.attributes.get("value")?.tensor : undefined;
    const ownBytes = op.proto.range.end - op.proto.range.start;
    if (value) add(op.outputs[0] ?? "", value, ownBytes);
    else graphBytes += ownBytes + FIELD_BYTES;
    for (const name of op.reads) {
      if (seen.has(name)) continue;
      seen.add(name);
      const tensor = graph.initializers.get(name);
      if (tensor) add(name, tensor, Math.max(tensorByteSize(tensor) ?? 0, tensor.range.end - tensor.range.start) + FIELD_BYTES);
      const made = graph.producer.get(name);
      if (made?.isConstant === true) visit(made);
    }
  };
  for (const op of ops) visit(op);
  return { places, graphBytes };
}

/** Tag and length of a field. */
const FIELD_BYTES = 3;

function joined(pieces: readonly Piece[]): [start: number, end: number][] {
  const spans: [number, number][] = [];
  for (const { offset, bytes } of pieces) {
    const last = spans.at(-1);
    if (last && last[1] === offset) last[1] += bytes;
    else spans.push([offset, offset + bytes]);
  }
  return spans;
}
