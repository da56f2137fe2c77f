// Owns the draft of a processor declaration: what is written in the form ↔ what is saved, and why it cannot be. Pure.
import { kindOf, type ProcessorOption } from "./processor-kinds.ts";

export type Declaration = { kind: string; [option: string]: unknown };
/** Every value as it is written; "" = the default. For a file option the file's name. `kind: ""` = no processor. */
export type ProcessorDraft = { kind: string; values: Record<string, string> };
/** `option: null` = it concerns the whole. */
export type DraftProblem = { option: string | null; message: string; fix: string };
export type DraftRead = { processor: Declaration | null; problems: DraftProblem[] };

const FILE_NAME_MAX = 200;

/** A kind this page does not know opens as no processor. */
export function draftOf(processor: Declaration | null): ProcessorDraft {
  const kind = processor && kindOf(processor.kind);
  if (!processor || !kind) return { kind: "", values: {} };
  return { kind: kind.kind, values: Object.fromEntries(kind.options.map((option) => [option.name, write(option, processor[option.name])])) };
}

/** Options of a declaration that its kind does not have: the ingress refuses them, so saving leaves them out. */
export function strangeOptions(processor: Declaration | null): string[] {
  const kind = processor && kindOf(processor.kind);
  if (!processor || !kind) return [];
  return Object.keys(processor).filter((name) => name !== "kind" && !kind.options.some((option) => option.name === name));
}

/** Another kind keeps what both have under the same name and type: a label file stays chosen. */
export function withKind(draft: ProcessorDraft, kind: string): ProcessorDraft {
  const before = kindOf(draft.kind)?.options ?? [];
  const kept = (kindOf(kind)?.options ?? []).filter((option) => before.some((one) => one.name === option.name && one.type === option.type));
  return { kind, values: Object.fromEntries(kept.map(({ name }) => [name, draft.values[name] ?? ""])) };
}

/** @returns the declaration with only what differs from "default", and everything the ingress would refuse. */
export function readDraft(draft: ProcessorDraft): DraftRead {
  const kind = kindOf(draft.kind);
  if (!kind) return { processor: null, problems: [] };
  const processor: Declaration = { kind: kind.kind };
  const problems: DraftProblem[] = [];
  for (const option of kind.options) {
    const text = draft.values[option.name] ?? "";
    if (text.trim() === "") continue;
    const value = read(option, text);
    if (value === undefined) problems.push({ option: option.name, message: `${option.label} must be ${wants(option)}, not “${short(text)}”.`, fix: "Correct it, or leave it empty for the default." });
    else processor[option.name] = value;
  }
  const labelOf = (name: string) => kind.options.find((option) => option.name === name)?.label ?? name;
  const given = (group: readonly string[]) => group.filter((name) => (draft.values[name] ?? "").trim() !== "");
  for (const group of kind.needed ?? []) if (given(group).length === 0) problems.push({ option: group[0] ?? null, message: `“${kind.kind}” cannot work without: ${group.map(labelOf).join(" / ")}.`, fix: group.length === 1 ? "Choose the file." : "Choose one of them." });
  for (const group of [...(kind.needed ?? []), ...(kind.exclusive ?? [])]) if (given(group).length > 1) problems.push({ option: given(group)[1] ?? null, message: `${given(group).map(labelOf).join(" and ")} exclude each other.`, fix: "Take one of them away." });
  return { processor, problems: [...problems, ...sameNames(draft)] };
}

/** Names of the files a draft needs. */
export function fileNames(draft: ProcessorDraft): string[] {
  const names = (kindOf(draft.kind)?.options ?? []).flatMap((option) => (option.type === "file" && draft.values[option.name] ? [draft.values[option.name] ?? ""] : []));
  return [...new Set(names)];
}

/** Files are known by name alone, so two options must not mean two files of one name. */
function sameNames(draft: ProcessorDraft): DraftProblem[] {
  const chosen = (kindOf(draft.kind)?.options ?? []).filter((option) => option.type === "file" && draft.values[option.name]);
  const twice = chosen.find((option, index) => chosen.findIndex((one) => draft.values[one.name] === draft.values[option.name]) < index);
  if (!twice) return [];
  return [{ option: twice.name, message: `Two of the files are called “${draft.values[twice.name]}”.`, fix: "Give one of them another name and choose it again." }];
}

function read(option: ProcessorOption, text: string): unknown {
  const trimmed = text.trim();
  switch (option.type) {
    case "number": return within(option, trimmed);
    case "boolean": return trimmed === "true" ? true : trimmed === "false" ? false : undefined;
    case "choice": return option.choices.find((choice) => choice === trimmed);
    case "numbers": {
      const numbers = trimmed.split(/[\s,;]+/).filter(Boolean).map(Number);
      const fits = option.counts.includes(numbers.length) && numbers.every(Number.isFinite) && !(option.name === "std" && numbers.includes(0));
      return fits ? numbers : undefined;
    }
    // A label may be a blank; only the end of the last line is not a label.
    case "texts": return text.replace(/\r?\n$/, "").split(/\r?\n/);
    case "file": return text.length <= FILE_NAME_MAX ? text : undefined;
    case "tensor": return text;
  }
}

function within(option: ProcessorOption & { type: "number" }, text: string): number | undefined {
  const value = Number(text);
  const fits = Number.isFinite(value) && value >= option.min && value <= option.max && (!option.whole || Number.isInteger(value));
  return fits ? value : undefined;
}

function wants(option: ProcessorOption): string {
  switch (option.type) {
    case "number": return `a ${option.whole ? "whole " : ""}number from ${option.min} to ${option.max}`;
    case "boolean": return "yes or no";
    case "choice": return `one of ${option.choices.join(", ")}`;
    case "numbers": return `${option.counts.join(" or ")} numbers with commas between${option.name === "std" ? ", none of them 0" : ""}`;
    case "texts": return "one text a line";
    case "file": return `a file whose name has at most ${FILE_NAME_MAX} characters`;
    case "tensor": return "the name of a tensor";
  }
}

function write(option: ProcessorOption, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(option.type === "texts" ? "\n" : ", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}…` : text);
