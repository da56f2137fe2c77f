// Twenty migrations and twenty re-splits of a real model over real agents and shaped links, under open-loop Poisson load: what requests notice of them.
//   npm run bench -- moves [--turns 20] [--rate 6] [--seed 1]        a turn is one of each
// See bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { calibrationFigure } from "./calibration.ts";
import { RECOGNITION } from "./lab-deployment.ts";
import { figuresOf } from "./move-windows.ts";
import { quantile } from "./quantile.ts";
import { type Figure, reportBench } from "./report.ts";
import { type Moved, type MovesRun, runMoves } from "./run-moves.ts";

const { values } = parseArgs({ options: { turns: { type: "string", default: "20" }, rate: { type: "string", default: "6" }, seed: { type: "string", default: "1" } } });
const DEADLINE_MS = 10_000;

const movedBytes = ({ fetched }: Moved): number => fetched.weights + fetched.whole;

function report(run: MovesRun): Figure[] {
  const { counts } = run;
  const none = { op: "==", than: 0 } as const;
  const of = (...kinds: string[]) => figuresOf(run.served, run.stretches.filter((stretch) => kinds.includes(stretch.kind)));
  const steady = of("steady");
  const gap = (figure: string, mine: ReturnType<typeof of>): Figure => ({
    figure, value: mine.longestGapMs, unit: "ms", against: `one stage time, ${run.stageMs.toFixed(1)} ms, and the longest gap of as long steady stretches with the same arrivals, ${steady.longestGapMs.toFixed(1)} ms`,
    ratio: mine.longestGapMs / (run.stageMs + steady.longestGapMs), target: { op: "<=", than: 1 },
  });
  const moving = of("migration", "re-split");
  const bytes = run.moves.reduce((sum, move) => sum + movedBytes(move), 0);
  const predicted = run.moves.reduce((sum, move) => sum + move.predictedBytes, 0);
  const off = run.moves.filter((move) => Math.abs(move.predictedBytes - movedBytes(move)) > 0.02 * Math.max(move.predictedBytes, movedBytes(move)));
  return [
    calibrationFigure(),
    { figure: "moves", value: run.moves.length, unit: "moves" },
    { figure: "requests due during moves", value: moving.requests, unit: "requests" },
    { figure: "failed", value: counts.failed + counts.heldBack, unit: "requests", target: none },
    { figure: "lost", value: counts.lost, unit: "requests", target: none },
    { figure: "answered or refused late, long after the deadline", value: counts.late, unit: "requests", against: `the load itself sent up to ${counts.sentLateMs.toFixed(0)} ms late` },
    { figure: "duplicated", value: counts.duplicated, unit: "requests", target: none },
    { figure: "different from the whole model's answer", value: counts.different, unit: "requests", target: none },
    { figure: "mixed-revision", value: run.mixed.length, unit: "requests", against: `the ways of ${run.traced} traced requests`, target: none },
    gap("longest gap between completions, migrations", of("migration")),
    gap("longest gap between completions, re-splits", of("re-split")),
    { figure: "p50 during a move", value: moving.p50Ms, unit: "ms", against: `steady, ${steady.p50Ms.toFixed(1)} ms`, ratio: moving.p50Ms / steady.p50Ms },
    { figure: "p99 during a move", value: moving.p99Ms, unit: "ms", against: `steady, ${steady.p99Ms.toFixed(1)} ms`, ratio: moving.p99Ms / steady.p99Ms, target: { op: "<=", than: 1.3 } },
    { figure: "bytes moved", value: bytes, unit: "bytes", against: `predicted, ${predicted} bytes`, ratio: bytes / predicted },
    { figure: "moves whose bytes were predicted worse than 2 %", value: off.length, unit: "moves", target: none },
    { figure: "whole move, median", value: quantile(run.moves.map((move) => move.tookMs), 0.5), unit: "ms" },
  ];
}

const run = await runMoves({ model: RECOGNITION, turns: Number(values.turns), perSecond: Number(values.rate), seed: Number(values.seed), deadlineMs: DEADLINE_MS, steady: true, say: (line) => void process.stderr.write(`${line}\n`) });
for (const detail of [...run.counts.details, ...run.mixed.slice(0, 10)]) process.stderr.write(`${detail}\n`);
process.exitCode = reportBench("moves", report(run)) ? 0 : 1;
