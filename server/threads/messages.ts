// Owns the typed contract between the server and its model threads.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import type { LayerRange, ModelFacts } from "../model/model.ts";
import type { ModelRefusalCode } from "../model/model-refusal.ts";

export type ExternalFile = { fileName: string; path: string; digest: string; bytes: number };
/** `folder`: where the runtime is shown the model; made and removed by who starts the thread. */
export type AnalyseJob = { kind: "analyse"; path: string; folder: string; fileName: string; digest: string; fileBytes: number; externalFiles: ExternalFile[] };
export type ExtractJob = { kind: "extract"; path: string; externalFiles: ExternalFile[]; facts: ModelFacts; ranges: LayerRange[] };
export type ThreadJob = AnalyseJob | ExtractJob;

export type Progress = { step: string; done: number; total: number };
export type Segment = { spec: Omit<SegmentSpec, "segmentId">; skeleton: Uint8Array };

export type ThreadMessage =
  | { kind: "progress"; progress: Progress }
  | { kind: "analysed"; facts: ModelFacts }
  | { kind: "extracted"; segments: Segment[] }
  | { kind: "refused"; refusal: { code: ModelRefusalCode; message: string; place: string | null; fix: string | null } }
  | { kind: "failed"; message: string };
