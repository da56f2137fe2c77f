// The lab's scenarios played on real agents: one story at two fleets alike, side by side, one left alone, the other adapting by itself.
//   npm run bench -- scenarios [--scenario v2x] [--seed 1]
// See bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { HOME_LAB } from "../lab/scenarios/home-lab.ts";
import { INDUSTRIAL_LINE } from "../lab/scenarios/industrial-line.ts";
import { SMART_CITY } from "../lab/scenarios/smart-city.ts";
import type { Scenario } from "../lab/scenarios/scenario.ts";
import { V2X } from "../lab/scenarios/v2x.ts";
import { calibrationFigure } from "./calibration.ts";
import { asDisturbances } from "./play-disturbances.ts";
import { quantile } from "./quantile.ts";
import { type Figure, reportBench } from "./report.ts";
import { runScenario, type ScenarioRun } from "./run-scenario.ts";
import { type Side, SIDES } from "./scenario-pair.ts";

const STORIES: readonly Scenario[] = [SMART_CITY, V2X, INDUSTRIAL_LINE, HOME_LAB];
const { values } = parseArgs({ options: { scenario: { type: "string", multiple: true }, seed: { type: "string", default: "1" } } });
const chosen = STORIES.filter(({ name }) => !values.scenario || values.scenario.includes(name));
if (chosen.length === 0) throw new Error(`--scenario must be one of ${STORIES.map(({ name }) => name).join(", ")}`);
const say = (line: string) => void process.stderr.write(`${line}\n`);

const figures: Figure[] = [calibrationFigure()];
for (const scenario of chosen) {
  say(`${scenario.name}: ${scenario.says}`);
  const run = await runScenario(scenario, { seed: Number(values.seed), say, disturb: () => ({ ...asDisturbances(scenario.story), forMs: scenario.storyMs, noise: 0, seed: Number(values.seed), say }) });
  for (const move of run.moves) say(`  ${(move.atMs / 1000).toFixed(0)} s: ${move.kind}, ${move.predictedSeconds.toFixed(1)} s predicted, ${move.tookSeconds?.toFixed(1) ?? "never"} s taken: ${move.reason}`);
  figures.push(...figuresOf(scenario, run));
}
process.exitCode = reportBench("scenarios", figures) ? 0 : 1;

function figuresOf({ name, deadlineMs }: Scenario, { served, counts, moves }: ScenarioRun): Figure[] {
  const none = { op: "==", than: 0 } as const;
  const inTime = (side: Side) => (100 * served[side].filter((one) => one.outcome === "equal" && one.latencyMs <= deadlineMs).length) / Math.max(1, served[side].length);
  const latencies = (side: Side) => served[side].filter((one) => one.outcome === "equal").map((one) => one.latencyMs);
  const wrong = SIDES.reduce((sum, side) => sum + counts[side].lost + counts[side].different + counts[side].duplicated, 0);
  const beside = (figure: string, unit: string, of: (side: Side) => number): Figure => ({ figure: `${name}: ${figure}`, value: of("adapted"), unit, against: `left alone, ${of("alone").toFixed(1)} ${unit}` });
  return [
    { figure: `${name}: lost, different or duplicated, both fleets`, value: wrong, unit: "requests", target: none },
    beside(`answered within ${deadlineMs} ms`, "%", inTime),
    beside("refused or failed, explicitly", "requests", (side) => counts[side].failed + counts[side].heldBack),
    beside("p50", "ms", (side) => quantile(latencies(side), 0.5)),
    beside("p95", "ms", (side) => quantile(latencies(side), 0.95)),
    { figure: `${name}: moves that adaptation made`, value: moves.length, unit: "moves" },
  ];
}
