// Owns grading the answers of an accuracy run by their labels. Pure: answers come in as they arrive, in any order.
import type { AccuracyReport, ClassCount, GradedAnswers, GradeRule, WrongSample } from "./accuracy-report.ts";
import { editDistance } from "./edit-distance.ts";
import { type Label, MAX_LABEL_CHARACTERS } from "./labelled-row.ts";
import { MAX_EMBEDDING_LABELS, nearestOthers } from "./nearest-others.ts";
import { type AnswerValue, readAnswer } from "./read-answer.ts";
import { wilsonInterval } from "./wilson-interval.ts";

/** `told`: what `data` says, where it is not JSON itself. */
export type SampleAnswer = { ok: true; data: Uint8Array; told?: () => unknown } | { ok: false; problem: string; isRefused: boolean };
export type Grader = {
  /** What a sample was answered first counts: MultiStream asks some again, to fill its last query. */
  add(sample: number, answer: SampleAnswer): void;
  /** `right`: null = not known before the end. */
  soFar(): { total: number; answered: number; right: number | null };
  /** `cutShort`: why not every sample was asked, in a sentence. */
  end(cutShort: string | null): AccuracyReport;
};

type Outcome = "r" | "w" | "u" | "f" | "-";
type Told = { got: string | null; why: string | null };

/** A screen's and a row's: nobody reads more. */
const MAX_WRONG_KEPT = 100;
const MAX_CLASSES_KEPT = 100;
const MAX_CHARACTERS_KEPT = 300;
/** Where a value says nothing else, it is of single precision. */
const NUMBER_TOLERANCE = 1e-6;

/** `dataDigest`: of samples and labels. */
export function createGrader(labels: readonly Label[], dataDigest: string): Grader {
  return new AnswerGrader(labels, dataDigest);
}

class AnswerGrader implements Grader {
  readonly #labels: readonly Label[];
  readonly #dataDigest: string;
  readonly #outcomes: Outcome[];
  readonly #told = new Map<number, Told>();
  readonly #embeddings = new Map<number, Float32Array>();
  #rule: GradeRule | null = null;
  #answered = 0;
  #refused = 0;
  #firstFailure: string | null = null;
  #wrongCharacters = 0;

  constructor(labels: readonly Label[], dataDigest: string) {
    this.#labels = labels;
    this.#dataDigest = dataDigest;
    this.#outcomes = labels.map(() => "-");
  }

  add(sample: number, answer: SampleAnswer): void {
    if (this.#outcomes[sample] !== "-" || this.#embeddings.has(sample)) return;
    this.#answered++;
    if (!answer.ok) {
      if (answer.isRefused) this.#refused++;
      this.#firstFailure ??= answer.problem;
      return this.#note(sample, "f", { got: null, why: answer.problem });
    }
    const value = readAnswer(answer.data, answer.told);
    const label = this.#labels[sample]!;
    if (value.kind === "embedding") {
      this.#rule ??= "embedding";
      this.#embeddings.set(sample, value.values);
      return;
    }
    const { got, isRight, why } = compare(label, value);
    if (why !== null) return this.#note(sample, "u", { got, why });
    this.#rule ??= value.kind === "unreadable" ? null : value.kind;
    this.#note(sample, isRight ? "r" : "w", { got, why: null });
    if (value.kind === "text") this.#wrongCharacters += distance(trimmed(label), trimmed(value.text));
  }

  soFar() {
    return { total: this.#labels.length, answered: this.#answered, right: this.#embeddings.size > 0 ? null : this.#count("r") };
  }

  end(cutShort: string | null): AccuracyReport {
    this.#tellEmbeddings();
    const asked = this.#labels.length - this.#count("-");
    const correct = this.#count("r");
    return { asked, labelled: asked, correct, interval: asked === 0 ? null : wilsonInterval(correct, asked), graded: this.#graded(asked, cutShort) };
  }

  #graded(asked: number, cutShort: string | null): GradedAnswers {
    const wrong = this.#outcomes.flatMap((outcome, sample): WrongSample[] => (outcome === "r" || outcome === "-" ? [] : [{ sample, expected: clipped(this.#labels[sample]!), ...this.#toldOf(sample) }]));
    const classes = this.#rule === "class" || this.#rule === "embedding" ? this.#classes() : [];
    return {
      rule: this.#rule, dataDigest: this.#dataDigest, sampleCount: this.#labels.length, failedCount: this.#count("f"), refusedCount: this.#refused, unreadableCount: this.#count("u"), notes: this.#notes(asked, cutShort),
      text: this.#rule === "text" ? this.#characters() : null,
      classes: classes.slice(0, MAX_CLASSES_KEPT), classCount: classes.length, wrong: wrong.slice(0, MAX_WRONG_KEPT), wrongCount: wrong.length, outcomes: this.#outcomes.join(""),
    };
  }

  #toldOf(sample: number): Told {
    const { got, why } = this.#told.get(sample)!;
    return { got: got === null ? null : cut(got), why: why === null ? null : cut(why) };
  }

  #notes(asked: number, cutShort: string | null): string[] {
    const [failed, unread] = [this.#count("f"), this.#count("u")];
    const first = this.#outcomes.indexOf("u");
    return [
      ...(asked < this.#labels.length ? [`It ended after ${asked} of ${this.#labels.length} samples. ${cutShort ?? ""}`.trim()] : []),
      ...(failed > 0 ? [`${failed} of ${asked} samples failed and count as wrong. The first: ${cut(this.#firstFailure ?? "")}`] : []),
      ...(this.#refused > 0 ? [`${this.#refused} of them ${this.#refused === 1 ? "was" : "were"} refused (429 or 503; over gRPC RESOURCE_EXHAUSTED or UNAVAILABLE): ask fewer at once, or see what limits requests.`] : []),
      ...(unread > 0 ? [`${unread} answers could not be compared with their labels and count as wrong. The first: ${this.#told.get(first)!.why}.`] : []),
    ];
  }

  /** What failed or could not be compared has none of its label's characters. */
  #characters(): { characters: number; wrongCharacters: number } {
    const lengthOf = (sample: number) => [...trimmed(this.#labels[sample]!)].length;
    let [characters, wrongCharacters] = [0, this.#wrongCharacters];
    for (const [sample, outcome] of this.#outcomes.entries()) {
      if (outcome === "-") continue;
      characters += lengthOf(sample);
      if (outcome === "f" || outcome === "u") wrongCharacters += lengthOf(sample);
    }
    return { characters, wrongCharacters };
  }

  #classes(): ClassCount[] {
    const counts = new Map<string, ClassCount>();
    const of = (label: string): ClassCount => {
      const known = counts.get(label) ?? { label, count: 0, right: 0, told: 0 };
      counts.set(label, known);
      return known;
    };
    for (const [sample, outcome] of this.#outcomes.entries()) {
      if (outcome === "-") continue;
      const own = of(String(this.#labels[sample]));
      own.count++;
      if (outcome === "r") own.right++;
      const got = this.#told.get(sample)?.got ?? null;
      if (got !== null) of(got).told++;
    }
    return [...counts.values()].sort((a, b) => b.count - a.count || b.told - a.told || (a.label < b.label ? -1 : 1));
  }

  /** Each is told by the others, so that all of them must have come. */
  #tellEmbeddings(): void {
    const samples = [...this.#embeddings.keys()].sort((a, b) => a - b);
    const size = this.#embeddings.get(samples[0] ?? -1)?.length ?? 0;
    const labelCount = new Set(samples.map((sample) => String(this.#labels[sample]))).size;
    const problem = labelCount > MAX_EMBEDDING_LABELS ? `embeddings of more than ${MAX_EMBEDDING_LABELS} labels are not told apart` : samples.some((sample) => this.#embeddings.get(sample)!.length !== size) ? "the embeddings have different lengths" : null;
    const told = problem === null ? nearestOthers(samples.map((sample) => ({ label: String(this.#labels[sample]), values: this.#embeddings.get(sample)! }))) : [];
    for (const [at, sample] of samples.entries()) {
      const got = told[at] ?? null;
      this.#note(sample, problem !== null || got === null ? "u" : got === String(this.#labels[sample]) ? "r" : "w", { got, why: problem ?? (got === null ? "there are no other samples to tell it by" : null) });
    }
    this.#embeddings.clear();
  }

  #note(sample: number, outcome: Outcome, told: Told): void {
    this.#outcomes[sample] = outcome;
    this.#told.set(sample, told);
  }

  #count(outcome: Outcome): number {
    return this.#outcomes.reduce((count, one) => count + (one === outcome ? 1 : 0), 0);
  }
}

/** `why`: the two are not of a kind. */
function compare(label: Label, value: Exclude<AnswerValue, { kind: "embedding" }>): { got: string | null; isRight: boolean; why: string | null } {
  const apart = (got: string | null, why: string) => ({ got, isRight: false, why });
  switch (value.kind) {
    case "unreadable":
      return apart(null, value.why);
    case "text":
      return typeof label === "string" ? { got: value.text, isRight: trimmed(label) === trimmed(value.text), why: null } : apart(value.text, "the answer is a text, the label a number");
    case "number":
      return typeof label === "number" ? { got: String(value.value), isRight: Math.abs(value.value - label) <= (value.tolerance ?? NUMBER_TOLERANCE) * Math.max(1, Math.abs(label)), why: null } : apart(String(value.value), "the answer is a number, the label a text");
    case "class": {
      if (typeof label === "number") return { got: value.index === null ? "none" : String(value.index), isRight: value.index === label, why: null };
      if (value.index !== null && value.name === null) return apart(String(value.index), "the answer's classes have no names: give their index as the label");
      return { got: value.name ?? "none", isRight: value.name === label, why: null };
    }
  }
}

/** Spaces at the ends are nobody's reading. */
const trimmed = (text: Label): string => String(text).trim();
const cut = (text: string): string => (text.length > MAX_CHARACTERS_KEPT ? `${text.slice(0, MAX_CHARACTERS_KEPT)}…` : text);
const clipped = (label: Label): Label => (typeof label === "string" ? cut(label) : label);

/** Of an answer that goes on and on, what is beyond the longest label counts as it is: at most so much too many. */
function distance(label: string, answer: string): number {
  const characters = [...answer];
  return editDistance(label, characters.slice(0, 2 * MAX_LABEL_CHARACTERS).join("")) + Math.max(0, characters.length - 2 * MAX_LABEL_CHARACTERS);
}
