// Owns reading a processor's declaration: every option typed, bounded and named in its error; unknown options are refused.
import type { ProcessorSpec } from "../protocol/control.ts";
import { ProcessorError } from "./processor-error.ts";

export type OptionReader = {
  number(name: string, fallback: number, range: { min: number; max: number; whole?: boolean }): number;
  boolean(name: string, fallback: boolean): boolean;
  choice<const T extends string>(name: string, fallback: T, choices: readonly T[]): T;
  text(name: string): string | null;
  /** A list of numbers of exactly one of `lengths`. */
  numbers(name: string, fallback: number[], lengths: number[]): number[];
  /** A list of strings, at most `max` of them. */
  texts(name: string, max: number): string[] | null;
  /** The bytes of the file an option names; null when the option is absent. */
  file(name: string): Uint8Array | null;
  /** Call last. @throws ProcessorError for options nobody asked for. */
  end(): void;
};

export function readOptions(spec: ProcessorSpec, files: Map<string, Uint8Array>): OptionReader {
  const seen = new Set(["kind"]);
  const take = (name: string): unknown => {
    seen.add(name);
    return spec[name] ?? undefined;
  };
  const refuse = (name: string, wants: string, value: unknown): never => {
    throw new ProcessorError("option", `processor "${spec.kind}": option "${name}" must be ${wants}, not ${short(value)}`);
  };
  return {
    number(name, fallback, { min, max, whole }) {
      const value = take(name);
      if (value === undefined) return fallback;
      const fits = typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
      return fits ? value : refuse(name, `a ${whole ? "whole " : ""}number from ${min} to ${max}`, value);
    },
    boolean(name, fallback) {
      const value = take(name);
      if (value === undefined) return fallback;
      return typeof value === "boolean" ? value : refuse(name, "true or false", value);
    },
    choice(name, fallback, choices) {
      const value = take(name);
      if (value === undefined) return fallback;
      return choices.find((choice) => choice === value) ?? refuse(name, `one of ${choices.map((one) => `"${one}"`).join(", ")}`, value);
    },
    text(name) {
      const value = take(name);
      if (value === undefined) return null;
      return typeof value === "string" && value !== "" && value.length <= 1024 ? value : refuse(name, "a text of 1 to 1024 characters", value);
    },
    numbers(name, fallback, lengths) {
      const value = take(name);
      if (value === undefined) return fallback;
      const fits = Array.isArray(value) && lengths.includes(value.length) && value.every((one) => typeof one === "number" && Number.isFinite(one));
      return fits ? (value as number[]) : refuse(name, `a list of ${lengths.join(" or ")} numbers`, value);
    },
    texts(name, max) {
      const value = take(name);
      if (value === undefined) return null;
      const fits = Array.isArray(value) && value.length > 0 && value.length <= max && value.every((one) => typeof one === "string");
      return fits ? (value as string[]) : refuse(name, `a list of 1 to ${max} texts`, value);
    },
    file(name) {
      const value = take(name);
      if (value === undefined) return null;
      if (typeof value !== "string") return refuse(name, "the name of a file of this processor", value);
      const bytes = files.get(value);
      if (bytes) return bytes;
      const known = [...files.keys()].map((one) => `"${one}"`).join(", ") || "none";
      throw new ProcessorError("option", `processor "${spec.kind}": option "${name}" names the file "${value}", which is not among its files (${known})`);
    },
    end() {
      const unknown = Object.keys(spec).filter((name) => !seen.has(name));
      if (unknown.length === 0) return;
      const known = [...seen].filter((name) => name !== "kind").sort().join(", ");
      throw new ProcessorError("option", `processor "${spec.kind}" has no option ${unknown.map((one) => `"${one}"`).join(", ")}; it has: ${known}`);
    },
  };
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
