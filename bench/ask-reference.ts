// Owns one request to a deployment of a lab, as a client without any library makes it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ToldTensor } from "./load-process.ts";
import { writeReferenceCases } from "./reference-cases.ts";

/** The model's first reference input. @returns who asks for an answer at a URL and tells the status; 0 = nobody answered. */
export async function askReference(model: string, modelPath: string, shape: number[]): Promise<(url: string) => Promise<number>> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-ask-"));
  try {
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath, shape, variants: 1, seed: 5 });
    const [{ inputs }] = JSON.parse(readFileSync(casesFile, "utf8")) as [{ inputs: ToldTensor[] }];
    const body = JSON.stringify({ inputs: inputs.map(({ base64, ...rest }) => ({ ...rest, data: floatsOf(base64) })) });
    return (url) => fetch(`${url}/v2/models/${model}/infer`, { method: "POST", headers: { "content-type": "application/json" }, body }).then((answer) => answer.status, () => 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function floatsOf(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
