// Adaptation policies on the same simulated traces: nothing, the rules of others, the product's own controller, and the optimum in hindsight.
//   npm run bench -- adapt                        the whole grid: 6 fleets × 3 dwell times × 3 noises × 5 seeds
//   npm run bench -- adapt --seeds 1 --scene mec  a part of it
// Simulated: see lab/simulator/simulate.ts for what is and is not in it, and bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { CALIBRATED } from "../lab/simulator/calibration.ts";
import { makeTrace } from "../lab/simulator/disturbances.ts";
import { offlineOptimum } from "../lab/simulator/offline-optimum.ts";
import { alwaysReplan, ourPolicy, petalsPolicy, staticPolicy, thresholdPolicy } from "../lab/simulator/policies.ts";
import { makeScene, SCENES, type Scene } from "../lab/simulator/scenes.ts";
import { type Policy, simulate } from "../lab/simulator/simulate.ts";
import { solveNow } from "../server/planner/solve-now.ts";
import { type Figure, reportBench } from "./report.ts";

const DWELLS_MS = [15_000, 60_000, 300_000];
const NOISES = [0.05, 0.1, 0.2];
const OURS = "ours";
const RIVALS: (() => Policy)[] = [alwaysReplan, () => thresholdPolicy(true), () => thresholdPolicy(false), petalsPolicy];

const { values } = parseArgs({ options: { seeds: { type: "string", default: "5" }, scene: { type: "string", multiple: true } } });
const seeds = Number(values.seeds);
const scenes = SCENES.filter((scene) => !values.scene || values.scene.includes(scene));
if (!(Number.isInteger(seeds) && seeds >= 1 && seeds <= 100) || scenes.length === 0) throw new Error(`--seeds must be 1 to 100 and --scene one of ${SCENES.join(", ")}`);

type Setting = { scene: Scene; dwellMs: number; noise: number; /** Mean cost ÷ that of static, mean over seeds; by policy. */ ratios: Map<string, number>; /** Ours ÷ static in the worst seed. */ worstSeed: number; toOptimum: number; gigabytes: Map<string, number>; moves: Map<string, number> };

const settings: Setting[] = [];
for (const scene of scenes) for (const dwellMs of DWELLS_MS) for (const noise of NOISES) {
  const setting = runSetting(scene, dwellMs, noise);
  settings.push(setting);
  process.stderr.write(`${scene}, dwell ${dwellMs / 1000} s, noise ${noise}: ${[...setting.ratios].map(([name, ratio]) => `${name} ${ratio.toFixed(3)}`).join(" · ")} · ours ÷ optimum ${setting.toOptimum.toFixed(3)}\n`);
}
process.exitCode = reportBench("adapt", figures()) ? 0 : 1;

function runSetting(scene: Scene, dwellMs: number, noise: number): Setting {
  const sums = { ratios: new Map<string, number>(), gigabytes: new Map<string, number>(), moves: new Map<string, number>() };
  const add = (map: Map<string, number>, name: string, value: number) => map.set(name, (map.get(name) ?? 0) + value / seeds);
  let [toOptimum, worstSeed] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const problem = makeScene(scene, seed);
    const solved = solveNow(problem, { objective: "latency" });
    if ("infeasible" in solved) throw new Error(`no plan for ${scene}: ${solved.refusals[0]?.message}`);
    const trace = makeTrace(problem, dwellMs, seed);
    const base = simulate(problem, solved.placement, trace, noise, staticPolicy(), seed).meanCost;
    const best = offlineOptimum(problem, solved.placement, trace);
    add(sums.ratios, "offline optimum", best / base);
    for (const policy of [ourPolicy(), ...RIVALS.map((make) => make())]) {
      const outcome = simulate(problem, solved.placement, trace, noise, policy, seed);
      add(sums.ratios, policy.name, outcome.meanCost / base);
      add(sums.gigabytes, policy.name, outcome.bytesMoved / 1e9);
      add(sums.moves, policy.name, outcome.moves);
      if (policy.name !== OURS) continue;
      toOptimum += outcome.meanCost / best / seeds;
      worstSeed = Math.max(worstSeed, outcome.meanCost / base);
    }
  }
  return { scene, dwellMs, noise, toOptimum, worstSeed, ...sums };
}

/** What stands beside every simulated figure. */
function basis(): string {
  return CALIBRATED === null ? "assumed moves and interference, not yet held against real agents" : `calibrated on ${CALIBRATED.on} by ${CALIBRATED.moves} real moves in ${CALIBRATED.settings} settings; its ratios were off by ${CALIBRATED.ratioError.toFixed(3)} there`;
}

function figures(): Figure[] {
  return plainFigures().map((one) => ({ ...one, against: one.against ?? basis() }));
}

function plainFigures(): Figure[] {
  const names = [...(settings[0]?.ratios.keys() ?? [])];
  const mean = (pick: (setting: Setting) => number) => settings.reduce((sum, setting) => sum + pick(setting), 0) / settings.length;
  const ratio = (setting: Setting, name: string) => setting.ratios.get(name) ?? Number.NaN;
  const worst = (list: Setting[], pick: (setting: Setting) => number) => Math.max(...list.map(pick));
  const long = settings.filter((setting) => setting.dwellMs >= 60_000);
  return [
    { figure: "simulated: settings", value: settings.length, unit: "fleets × dwells × noises" },
    { figure: "simulated: ours ÷ static, worst setting", value: worst(settings, (one) => ratio(one, OURS)), unit: "x", target: { op: "<=", than: 1.02 } },
    { figure: "simulated: ours ÷ static, worst seed of all settings", value: worst(settings, (one) => one.worstSeed), unit: "x", target: { op: "<=", than: 1.02 } },
    { figure: "simulated: ours ÷ static, mean", value: mean((one) => ratio(one, OURS)), unit: "x", target: { op: "<=", than: 1 } },
    { figure: "simulated: ours ÷ offline optimum, worst setting at dwell ≥ 60 s", value: worst(long, (one) => one.toOptimum), unit: "x", target: { op: "<=", than: 1.2 } },
    ...names.filter((name) => name !== OURS).flatMap((name): Figure[] => [
      { figure: `simulated: ${name} ÷ static, mean`, value: mean((one) => ratio(one, name)), unit: "x" },
      { figure: `simulated: ${name} ÷ static, worst setting`, value: worst(settings, (one) => ratio(one, name)), unit: "x" },
    ]),
    ...names.filter((name) => name !== "offline optimum").flatMap((name): Figure[] => [
      { figure: `simulated: ${name}, bytes moved`, value: mean((one) => one.gigabytes.get(name) ?? 0), unit: "GB a trace" },
      { figure: `simulated: ${name}, moves`, value: mean((one) => one.moves.get(name) ?? 0), unit: "a trace" },
    ]),
  ];
}
