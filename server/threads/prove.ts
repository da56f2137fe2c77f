// Entry of a proof's thread: one request, one answer.
import { parentPort, workerData } from "node:worker_threads";
import type { ProofThreadMessage } from "./prove-plan.ts";
import { type ProofRequest, solveMilp } from "./solve-milp.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the entry of a worker thread");
const say = (message: ProofThreadMessage) => port.postMessage(message);
try {
  say({ kind: "proof", proof: await solveMilp(workerData as ProofRequest, (progress) => say({ kind: "progress", progress })) });
} catch (error) {
  say({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
} finally {
  port.close();
}
