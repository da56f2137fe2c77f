// Owns what a labelled dataset is called, how large it may be, and what is known of one that was read. Its lines: see labelled-row.ts.

/** `digest`: SHA-256 of the file. */
export type Dataset = { name: string; digest: string };
/** `form`: for a processor, tensors, or of OpenAI's API texts, or requests of its own. `labelCount`: how many different ones. */
export type DatasetFacts = { sampleCount: number; form: "raw" | "tensors" | "texts" | "requests"; labels: "texts" | "numbers"; labelCount: number };

/** The load generator holds all samples, and a set of them once more as they are sent. */
export const MAX_DATASET_BYTES = 64 * 2 ** 20;
/** A letter of each is kept with every run, so that two runs are compared sample by sample. */
export const MAX_DATASET_ROWS = 10_000;
