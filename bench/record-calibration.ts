// Owns writing what live runs say about the simulator to where the simulator reads it.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Calibration } from "../lab/simulator/calibration.ts";

const FILE = path.resolve(import.meta.dirname, "../lab/simulator/calibration.ts");
const LINE = /^export const CALIBRATED: .*$/m;

/** @throws Error when a figure could not be measured: there is nothing to record then */
export function recordCalibration(calibration: Calibration, on: string): void {
  const unknown = Object.entries(calibration).filter(([, value]) => !Number.isFinite(value)).map(([name]) => name);
  if (unknown.length > 0) throw new Error(`nothing is recorded: ${unknown.join(", ")} could not be measured`);
  const words = Object.entries(calibration).map(([name, value]) => `${name}: ${Number(value.toFixed(4))}`);
  writeFileSync(FILE, readFileSync(FILE, "utf8").replace(LINE, `export const CALIBRATED: (Calibration & { on: string }) | null = { on: ${JSON.stringify(on)}, ${words.join(", ")} };`));
}
