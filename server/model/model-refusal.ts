// Owns how the model core says no: a closed list of codes, each with the place in the file and what the user can do.

export const MODEL_REFUSAL_CODES = [
  "not-onnx", "truncated", "malformed", "too-large", "too-many-ops", "too-deep", "no-graph", "no-ops", "no-outputs", "cycle", "missing-tensor",
  "duplicate-name", "external-path", "external-missing", "external-size", "tensor-size", "unsupported-type", "unsupported-feature", "runtime-refused",
  "runtime-crashed", "runtime-timeout", "runtime-memory", "illegal-cut", "cancelled", "io",
] as const;
export type ModelRefusalCode = (typeof MODEL_REFUSAL_CODES)[number];

/** `place`: where in the file ("graph.node[17] "Conv_3"", "byte 1024"). `fix`: the smallest thing that would help, or null. */
export class ModelRefusal extends Error {
  readonly code: ModelRefusalCode;
  readonly place: string | null;
  readonly fix: string | null;
  constructor(code: ModelRefusalCode, message: string, options: { place?: string | null; fix?: string | null } = {}) {
    super(message);
    this.name = "ModelRefusal";
    this.code = code;
    this.place = options.place ?? null;
    this.fix = options.fix ?? null;
  }

  /** For a thread's or process's boundary, where classes don't survive. */
  toJSON(): { code: ModelRefusalCode; message: string; place: string | null; fix: string | null } {
    return { code: this.code, message: this.message, place: this.place, fix: this.fix };
  }
}

export function refusalFromJson(json: { code: ModelRefusalCode; message: string; place: string | null; fix: string | null }): ModelRefusal {
  return new ModelRefusal(json.code, json.message, json);
}

/** Names in messages are cut, so that a hostile file can't fill a screen or a log. */
export function shortName(name: string): string {
  return name.length <= 120 ? name : `${name.slice(0, 117)}...`;
}
