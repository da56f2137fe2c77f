// Owns reading one line of JSON Lines.

/** `place`: what an error begins with. @throws Error */
export function readJsonLine(line: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new Error(`${place}: must be a JSON object.`);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
