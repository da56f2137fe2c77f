import type { z } from "zod";

const KINDS: Record<string, string> = { string: "text", number: "a number", int: "a whole number", boolean: "true or false", object: "a group of keys", record: "a group of keys", array: "a list", tuple: "two numbers, as [x, y]" };

/** What is wrong with one field of a file, without its place. Pure. */
export function sayFieldMistake(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return "there is no such key here: mend its spelling or take it out";
  if (issue.code === "invalid_value") return `must be ${issue.values.map((value) => `“${String(value)}”`).join(" or ")}`;
  if (issue.code === "invalid_type") return issue.input === undefined && issue.message.includes("undefined") ? `is missing: it must be ${KINDS[issue.expected] ?? issue.expected}` : `must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === "too_small") return issue.origin === "string" ? "must not be empty" : `must have at least ${issue.minimum}`;
  if (issue.code === "too_big") return issue.origin === "string" ? `must not be longer than ${issue.maximum} characters` : `must have at most ${issue.maximum}`;
  return issue.message;
}
