// Owns what an accuracy run is reported as.
import type { Label } from "./labelled-row.ts";

/** By what answers were held against their labels. Embeddings: by the mean of the other samples of each label. */
export type GradeRule = "text" | "class" | "number" | "embedding";
/** `told`: answers that named it. */
export type ClassCount = { label: string; count: number; right: number; told: number };
/** `sample`: as it stands in its file, from 0. `got`: null = nothing that could be compared, and `why`. */
export type WrongSample = { sample: number; expected: Label; got: string | null; why: string | null };

export type GradedAnswers = {
  /** null = no answer could be compared. */
  rule: GradeRule | null;
  /** What was asked: of all samples and labels. Two runs are compared where it is the same. */
  dataDigest: string;
  sampleCount: number;
  failedCount: number;
  /** Of those: let in by nobody (429, 503; over gRPC RESOURCE_EXHAUSTED, UNAVAILABLE). */
  refusedCount: number;
  /** Answers that could not be compared with their labels. */
  unreadableCount: number;
  /** What must be said beside the share, in sentences. */
  notes: string[];
  /** Of all labels' characters, how many an answer had otherwise (Levenshtein); of a failed sample all. */
  text: { characters: number; wrongCharacters: number } | null;
  /** Most samples first. */
  classes: ClassCount[];
  classCount: number;
  wrong: WrongSample[];
  wrongCount: number;
  /** A letter a sample: r right, w wrong, u could not be compared, f failed, - not asked. */
  outcomes: string;
};
/** `asked`, `labelled` and `correct` count failed samples: a client has nothing of them. */
export type AccuracyReport = { asked: number; /** Of them with a known label. */ labelled: number; correct: number; /** Wilson's, 95 %. */ interval: { low: number; high: number } | null; /** null or absent = labels were texts that an answer must contain. */ graded?: GradedAnswers | null };
