// Adaptation against leaving things alone on real agents, in a sample of the simulator's settings: two fleets alike meet the same trace in the same seconds, and the
// simulator is asked what it says of that trace. What moves took and took from requests is what the simulator is calibrated by.
//   npm run bench -- adapt-live [--minutes 10] [--setting mesh] [--record]
//   … --watch FILE      records there, second by second, what adaptation saw and thought, and every request
//   npm run bench -- adapt-live --noise-only [--setting mesh]      nothing is disturbed, only the noise is there: nothing may move
// See bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { offlineOptimum } from "../lab/simulator/offline-optimum.ts";
import { ourPolicy, staticPolicy } from "../lab/simulator/policies.ts";
import { simulate } from "../lab/simulator/simulate.ts";
import type { Trace } from "../lab/simulator/disturbances.ts";
import { recordCalibration } from "./record-calibration.ts";
import { calibrationFigure } from "./calibration.ts";
import { LIVE_SETTINGS, type LiveSetting, liveTrace, momentOf } from "./live-settings.ts";
import { calibrationOf, type LiveOutcome, meanLatencyMs } from "./live-outcome.ts";
import { type Figure, reportBench } from "./report.ts";
import { runScenario } from "./run-scenario.ts";
import { SIDES } from "./scenario-pair.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, setting: { type: "string", multiple: true }, record: { type: "boolean" }, "noise-only": { type: "boolean" }, watch: { type: "string" } } });
const endMs = Number(values.minutes) * 60_000;
const settings = LIVE_SETTINGS.filter(({ scenario }) => !values.setting || values.setting.includes(scenario.name));
if (!(endMs >= 30_000 && endMs <= 3_600_000) || settings.length === 0) throw new Error(`--minutes must be 0.5 to 60 and --setting one of ${LIVE_SETTINGS.map(({ scenario }) => scenario.name).join(", ")}`);
const isNoiseOnly = values["noise-only"] ?? false;
if (values.record && isNoiseOnly) throw new Error("--record is of disturbances: leave out --noise-only");
if (values.record && (settings.length < LIVE_SETTINGS.length || endMs < 600_000)) throw new Error("--record is of all settings, ten minutes each: leave out --setting and --minutes");
const say = (line: string) => void process.stderr.write(`${line}\n`);

const outcomes: LiveOutcome[] = [];
for (const setting of settings) outcomes.push(await play(setting));
const calibration = calibrationOf(outcomes);
if (values.record) recordCalibration(calibration, new Date().toISOString().slice(0, 10));
process.exitCode = reportBench("adapt-live", figures()) ? 0 : 1;

async function play(setting: LiveSetting): Promise<LiveOutcome> {
  const { scenario, noise, seed } = setting;
  let trace: Trace = { endMs, disturbances: [] };
  const run = await runScenario(scenario, { seed, say, watchFile: values.watch, disturb(problem) {
    if (!isNoiseOnly) trace = liveTrace(setting, problem, endMs);
    for (const { fromMs, toMs, slowdowns } of trace.disturbances) say(`  ${(fromMs / 1000).toFixed(0)}–${(toMs / 1000).toFixed(0)} s: ${[...slowdowns.nodes, ...slowdowns.links].map(([key, times]) => `${key} ×${times.toFixed(1)}`).join(", ")}`);
    return { forMs: endMs, noise, seed, momentAt: (ms) => momentOf(trace, setting, ms), happenings: [], say };
  } });
  for (const move of run.moves) say(`  ${(move.atMs / 1000).toFixed(0)} s: ${move.kind}, ${move.predictedSeconds.toFixed(1)} s predicted, ${move.tookSeconds?.toFixed(1) ?? "never"} s taken: ${move.reason}`);
  const { problem, home } = run;
  const alone = simulate(problem, home, trace, noise, staticPolicy(), seed).meanCost;
  const outcome: LiveOutcome = {
    setting, run, trace,
    live: meanLatencyMs(run.served.adapted) / meanLatencyMs(run.served.alone),
    simulated: simulate(problem, home, trace, noise, ourPolicy(), seed).meanCost / alone,
    optimum: offlineOptimum(problem, home, trace) / alone,
    simulatedAloneMs: alone,
  };
  say(`${scenario.name}: adapted ÷ alone ${outcome.live.toFixed(3)} live, ${outcome.simulated.toFixed(3)} simulated; alone ${meanLatencyMs(run.served.alone).toFixed(0)} ms live, ${alone.toFixed(0)} simulated`);
  return outcome;
}

function figures(): Figure[] {
  const none = { op: "==", than: 0 } as const;
  const count = (key: "lost" | "different" | "duplicated" | "failed" | "heldBack") => outcomes.reduce((sum, { run }) => sum + SIDES.reduce((more, side) => more + run.counts[side][key], 0), 0);
  return [
    calibrationFigure(),
    { figure: "settings, minutes each", value: outcomes.length, unit: "settings", against: `${values.minutes} minutes` },
    ...(isNoiseOnly ? outcomes.map(({ setting, run }): Figure => ({ figure: `${setting.scenario.name}, noise ${setting.noise} and nothing else: moves`, value: run.moves.length, unit: "moves", against: `${run.served.adapted.length} requests`, target: none })) : comparisons()),
    { figure: "lost", value: count("lost"), unit: "requests", target: none },
    { figure: "different", value: count("different"), unit: "requests", target: none },
    { figure: "duplicated", value: count("duplicated"), unit: "requests", target: none },
    { figure: "failed", value: count("failed") + count("heldBack"), unit: "requests", target: none },
  ];
}

/** Adapted against left alone, and what the simulator says of that. */
function comparisons(): Figure[] {
  const mean = (pick: (one: LiveOutcome) => number) => outcomes.reduce((sum, one) => sum + pick(one), 0) / outcomes.length;
  return [
    ...outcomes.map(({ setting, live, simulated, optimum, run }): Figure => ({
      figure: `${setting.scenario.name}, dwell ${setting.dwellMs / 1000} s, noise ${setting.noise}: mean latency, adapted ÷ left alone`, value: live, unit: "x",
      against: `simulated ${simulated.toFixed(3)}, the optimum in hindsight ${optimum.toFixed(3)}; ${run.moves.length} moves, ${run.served.adapted.length} requests`, target: { op: "<=", than: 1.02 },
    })),
    { figure: "adapted ÷ left alone, mean of settings", value: mean((one) => one.live), unit: "x", target: { op: "<=", than: 1 } },
    { figure: "simulated − live, mean of settings", value: mean((one) => one.simulated - one.live), unit: "x" },
    { figure: "simulated − live, mean absolute", value: mean((one) => Math.abs(one.simulated - one.live)), unit: "x" },
    { figure: "latency left alone, simulated ÷ live, mean", value: mean((one) => one.simulatedAloneMs / meanLatencyMs(one.run.served.alone)), unit: "x" },
    { figure: "a move takes beside fetching and loading", value: calibration.moveOverheadSeconds, unit: "s", against: `${calibration.moves} moves` },
    { figure: "a move's time against its decision's, spread of logarithms", value: calibration.moveSpread, unit: "" },
    { figure: "requests meanwhile, against the fleet left alone in the same seconds", value: calibration.interference, unit: "x more" },
  ];
}
