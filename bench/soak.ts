// Faults of every kind, one every twenty seconds, while requests are served and the deployment moves: nothing lost in silence, nothing leaks, nothing stays stuck.
//   npm run bench -- soak [--minutes 60] [--every 20] [--rate 4] [--seed 1] [--only kill-agent,cut-link]
// See bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { FAULT_KINDS, type FaultKind } from "../lab/fault-plan.ts";
import { calibrationFigure } from "./calibration.ts";
import { ORIENTATION } from "./lab-deployment.ts";
import { memoryTrend } from "./memory-trend.ts";
import { quantile } from "./quantile.ts";
import { type Figure, reportBench } from "./report.ts";
import { runSoak, type SoakRun } from "./run-soak.ts";

/** Less of a trend than this is the machine's, not a leak's: heaps that were never full. */
const LEAST_GROWTH_BYTES = 16 * 2 ** 20;
/** Below, start and faults are most of what is seen of a process. */
const TREND_MINUTES = 20;
const DEADLINE_MS = 15_000;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" }, every: { type: "string", default: "20" }, rate: { type: "string", default: "4" }, seed: { type: "string", default: "1" }, only: { type: "string" } } });
const only = values.only?.split(",");
const unknown = only?.find((kind) => !FAULT_KINDS.includes(kind as FaultKind));
if (unknown) throw new Error(`there is no fault "${unknown}": use ${FAULT_KINDS.join(", ")}`);
const minutes = Number(values.minutes);

function report(run: SoakRun): Figure[] {
  const { counts } = run;
  const none = { op: "==", than: 0 } as const;
  const outcomes = new Map<string, number>();
  for (const move of run.moves) outcomes.set(move.outcome, (outcomes.get(move.outcome) ?? 0) + 1);
  return [
    calibrationFigure(),
    { figure: "faults", value: run.faults.length, unit: "faults", against: FAULT_KINDS.map((kind) => `${kind} ${run.faults.filter((one) => one === kind).length}`).join(", ") },
    ...run.left.map((reason): Figure => ({ figure: "not injected", value: 1, unit: "kinds", withoutTargetBecause: reason })),
    { figure: "requests", value: counts.sent, unit: "requests" },
    { figure: "lost", value: counts.lost, unit: "requests", target: none },
    { figure: "answered or refused late, long after the deadline", value: counts.late, unit: "requests", against: `the load itself sent up to ${counts.sentLateMs.toFixed(0)} ms late` },
    { figure: "duplicated", value: counts.duplicated, unit: "requests", target: none },
    { figure: "different from the whole model's answer", value: counts.different, unit: "requests", target: none },
    { figure: "answered with an explicit error", value: counts.failed + counts.heldBack, unit: "requests", against: `${counts.sent} requests`, ratio: (counts.failed + counts.heldBack) / counts.sent },
    { figure: "moves", value: run.moves.length, unit: "moves", against: [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ") },
    { figure: "longest move, whatever became of it", value: Math.max(0, ...run.moves.map((move) => move.tookMs)), unit: "ms" },
    { figure: "moves stuck", value: run.stuck, unit: "moves", target: none },
    { figure: "not live at the end", value: run.liveAtEnd ? 0 : 1, unit: "deployments", target: none },
    { figure: "p99 of what was answered", value: quantile(run.served.filter((one) => one.outcome === "equal").map((one) => one.doneMs - one.dueMs), 0.99), unit: "ms" },
    ...Object.entries(run.memory).map(([part, samples]): Figure => {
      const { growthBytes, noiseBytes, medianBytes } = memoryTrend(samples);
      const allowed = Math.max(noiseBytes, LEAST_GROWTH_BYTES);
      const judged = minutes >= TREND_MINUTES ? { target: { op: "<=", than: 1 } as const } : { withoutTargetBecause: `trends are judged from ${TREND_MINUTES} minutes on` };
      return { figure: `memory of ${part}, growth by trend`, value: growthBytes, unit: "bytes", against: `its own noise, ${(allowed / 2 ** 20).toFixed(1)} MiB; median ${(medianBytes / 2 ** 20).toFixed(0)} MiB`, ratio: growthBytes / allowed, ...judged };
    }),
  ];
}

const run = await runSoak({ model: ORIENTATION, seed: Number(values.seed), minutes, everySeconds: Number(values.every), perSecond: Number(values.rate), deadlineMs: DEADLINE_MS, kinds: (only as FaultKind[] | undefined) ?? FAULT_KINDS, say: (line) => void process.stderr.write(`${line}\n`) });
for (const detail of run.counts.details) process.stderr.write(`${detail}\n`);
process.exitCode = reportBench("soak", report(run)) ? 0 : 1;
