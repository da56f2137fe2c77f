// Benchmark "import": parse and write a model of at least 400 MB with our codec and with onnx-proto, and analyse it whole, each in a process of
// its own, in one run; then more than 2 GiB of external data through a real console (import-external.ts).
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { calibrationFigure } from "./calibration.ts";
import type { ChildReport } from "./import-child.ts";
import { measureExternal } from "./import-external.ts";
import { reportBench } from "./report.ts";

const MEGABYTE = 1_000_000;

function child(task: string, path: string): ChildReport {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const script = fileURLToPath(new URL("./import-child.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--import", loader, script, task, path], { encoding: "utf8", maxBuffer: 1024 * 1024, timeout: 300_000 });
  return JSON.parse(output.trim().split("\n").at(-1) as string) as ChildReport;
}

const folder = mkdtempSync(join(tmpdir(), "cutplane-bench-"));
try {
  const path = join(folder, "synthetic.onnx");
  process.stderr.write("making a synthetic model…\n");
  const made = child("make", path);
  process.stderr.write(`measuring ${Math.round(made.bytes / MEGABYTE)} MB, ours and onnx-proto…\n`);
  const own = child("ours", path);
  const other = child("onnx-proto", path);
  process.stderr.write("analysing it…\n");
  const analysed = child("analyse", path);
  const allowedBytes = 64 * MEGABYTE + made.bytes * 0.02;
  const holds = reportBench("import", [
    calibrationFigure(),
    { figure: "model size", value: made.bytes / MEGABYTE, unit: "MB", target: { op: ">=", than: 400 } },
    { figure: "written bytes equal to the file (1 = yes)", value: own.digest === made.digest ? 1 : 0, unit: "", target: { op: "==", than: 1 } },
    { figure: "parse, from the file", value: own.parseMs, unit: "ms", against: `onnx-proto, reading the file included: ${other.parseMs.toFixed(1)} ms`, ratio: other.parseMs / own.parseMs },
    { figure: "serialise", value: own.writeMs, unit: "ms", against: `onnx-proto ${other.writeMs.toFixed(1)} ms; ratio = how much faster`, ratio: other.writeMs / own.writeMs, target: { op: ">=", than: 5 } },
    { figure: "extra memory, parse and serialise", value: own.extraBytes / MEGABYTE, unit: "MB", against: `onnx-proto ${(other.extraBytes / MEGABYTE).toFixed(0)} MB`, ratio: own.extraBytes / other.extraBytes, target: { op: "<=", than: 0.1 } },
    { figure: "extra memory against 64 MB + 2 % of the file", value: own.extraBytes / MEGABYTE, unit: "MB", against: `${(allowedBytes / MEGABYTE).toFixed(0)} MB allowed`, ratio: own.extraBytes / allowedBytes, target: { op: "<=", than: 1 } },
    { figure: "extra memory, the whole analysis: hash, parse, shapes, layers, cuts, segments", value: analysed.extraBytes / MEGABYTE, unit: "MB", against: `an idle process of the same kind; ${(allowedBytes / MEGABYTE).toFixed(0)} MB allowed`, ratio: analysed.extraBytes / allowedBytes, target: { op: "<=", than: 1 } },
    { figure: "extra memory, the runtime asked for shapes", value: (analysed.runtimeBytes ?? 0) / MEGABYTE, unit: "MB", against: "its process before it got the model", ratio: (analysed.runtimeBytes ?? 0) / allowedBytes, target: { op: "<=", than: 1 } },
    ...(await measureExternal(folder)),
  ]);
  process.exitCode = holds ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
