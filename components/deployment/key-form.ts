// Owns how what a key may ask becomes fields and back. Pure: what a field says wrong is told beside it, in words.
import type { KeyRow } from "../api.ts";

/** Texts of the fields, as typed. */
export type KeyFields = { hasOwn: boolean; requestsPerSecond: string; burst: string; maxInFlight: string; perDay: string; perMonth: string; mayLoad: boolean };
export type KeyFieldName = Exclude<keyof KeyFields, "hasOwn" | "mayLoad">;
export type KeySettings = Pick<KeyRow, "limits" | "quota" | "mayLoad">;
export type KeyProblems = Partial<Record<KeyFieldName, string>>;

/** An empty quota is none. `usual`: the deployment's limits of each key, from which own ones begin; null = it has none. */
export function keyFieldsOf({ limits, quota, mayLoad }: KeySettings, usual: KeyRow["limits"]): KeyFields {
  const { requestsPerSecond, burst, maxInFlight } = limits ?? usual ?? { requestsPerSecond: 20, burst: 40, maxInFlight: 16 };
  return { hasOwn: limits !== null, requestsPerSecond: `${requestsPerSecond}`, burst: `${burst}`, maxInFlight: `${maxInFlight}`, perDay: `${quota?.perDay ?? ""}`, perMonth: `${quota?.perMonth ?? ""}`, mayLoad };
}

/** What the fields say, or what is wrong with which of them. Ranges are those of the API. */
export function keySettingsOf(fields: KeyFields): { settings: KeySettings; problems: null } | { settings: null; problems: KeyProblems } {
  const problems: KeyProblems = {};
  const number = (name: KeyFieldName, least: number, most: number, whole: boolean): number => {
    const value = fields[name].trim() === "" ? Number.NaN : Number(fields[name]);
    if (!Number.isFinite(value) || value < least || value > most || (whole && !Number.isInteger(value))) problems[name] = `A ${whole ? "whole " : ""}number from ${least} to ${most}.`;
    return value;
  };
  const limits = fields.hasOwn ? { requestsPerSecond: number("requestsPerSecond", 0.001, 1e6, false), burst: number("burst", 1, 1e6, true), maxInFlight: number("maxInFlight", 1, 65_536, true) } : null;
  const orNone = (name: "perDay" | "perMonth"): number | null => (fields[name].trim() === "" ? null : number(name, 1, 1e12, true));
  const [perDay, perMonth] = [orNone("perDay"), orNone("perMonth")];
  if (problems.perDay === undefined && perDay !== null && perMonth !== null && perDay > perMonth) problems.perDay = "More than a whole month may have.";
  const quota = perDay === null && perMonth === null ? null : { perDay, perMonth };
  return Object.keys(problems).length > 0 ? { settings: null, problems } : { settings: { limits, quota, mayLoad: fields.mayLoad }, problems: null };
}
