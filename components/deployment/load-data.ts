// Owns the labelled data that an accuracy run is to ask: the file goes to the console first, which says what it holds or which line does not fit.
import { type Dataset, type DatasetFacts, MAX_DATASET_BYTES } from "../../server/loadgen/method/dataset.ts";
import type { UrlApi } from "../../server/loadgen/method/load-target.ts";
import { client, RequestRefused } from "../api.ts";
import { uploadFile } from "../model/upload-file.ts";

/** `facts`: null = of a run before. `api`: what is spoken at the address that its lines were read for; null = they were read for the deployment's model. All of it is read again when a run starts. */
export type LoadData = Dataset & { facts: DatasetFacts | null; api: UrlApi | null };

/** @throws RequestRefused, or what the API says */
export async function giveData(deploymentId: string, api: UrlApi | null, file: File): Promise<LoadData> {
  if (file.size > MAX_DATASET_BYTES) throw new RequestRefused({ code: "too-large", message: `“${file.name}” has more than ${MAX_DATASET_BYTES / 2 ** 20} MiB.`, fix: "Split it." });
  const { name, digest } = await uploadFile("dataset", file);
  return { name, digest, api, facts: await client.loadRuns.dataset.query({ id: deploymentId, name, digest, ...(api === null ? {} : { api }) }) };
}

/** Of the runs before, each once, newest first. */
export function dataOfRuns(runs: readonly { request: { dataset?: Dataset | undefined } }[]): Dataset[] {
  const seen = new Map<string, Dataset>();
  for (const { request: { dataset } } of runs) if (dataset && !seen.has(dataset.digest)) seen.set(dataset.digest, dataset);
  return [...seen.values()];
}
