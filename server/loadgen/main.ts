// Program: a load generator by the MLPerf method, in a process of its own. `--help` tells its options.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ClosedLoopReport } from "./method/closed-loop.ts";
import { compareRuns, type Tolerances } from "./method/compare-runs.ts";
import { judgeGate } from "./method/judge-gate.ts";
import type { LoadReport } from "./method/load-report.ts";
import { sayDifferences } from "./method/say-differences.ts";
import { whyNotCompared } from "./method/why-not-compared.ts";
import { makeGrader } from "./make-grader.ts";
import { openTarget } from "./open-target.ts";
import { HELP, openAiKindOf, parseOptions, type Options } from "./parse-options.ts";
import type { LoadProgress } from "./method/load-progress.ts";
import { runClosedLoop } from "./run-closed-loop.ts";
import { runLoad } from "./run-load.ts";
import { readData } from "./targets/read-data.ts";
import { readRawData } from "./targets/read-raw-data.ts";
import { makeLogs, writeLogs } from "./write-logs.ts";

const EXIT = { valid: 0, failed: 1, usage: 2, invalid: 3, regressed: 4 } as const;

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`loadgen: ${error.message}\n`);
  return EXIT.failed;
});

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h") || args.length === 0) {
    process.stdout.write(HELP);
    return args.length === 0 ? EXIT.usage : EXIT.valid;
  }
  let options: Options;
  let baseline: LoadReport | null;
  try {
    options = parseOptions(args, process.env.LOADGEN_KEY);
    baseline = options.baseline === null ? null : readReport(options.baseline);
  } catch (error) {
    process.stderr.write(`loadgen: ${(error as Error).message}\n`);
    return EXIT.usage;
  }
  const isRaw = options.target.api === "process";
  const given = {
    data: options.dataFile === null || isRaw ? null : readData(readFileSync(options.dataFile, "utf8"), options.dataFile, openAiKindOf(options.target.api)),
    raw: [...options.rawFiles.map((file) => ({ bytes: readFileSync(file), contentType: options.contentType })), ...(options.dataFile === null || !isRaw ? [] : readRawData(options.dataFile))],
  };
  const isAccuracy = options.plan.what !== "closed-loop" && options.plan.settings.mode === "AccuracyOnly";
  const grader = isAccuracy ? makeGrader(options.target, given.data ?? given.raw) : null;
  const target = await openTarget(options.target, given);
  const stop = new AbortController();
  const abort = () => stop.abort();
  // Whoever started this process follows it by messages, and its end is the end of the run.
  process.on("SIGINT", abort).on("SIGTERM", abort).on("disconnect", abort);
  try {
    const { plan } = options;
    if (plan.what === "closed-loop") return tellLoop(await runClosedLoop(plan, target, { onProgress: onProgressOf(), signal: stop.signal }), options);
    const measured = await runLoad(plan, target, { onProgress: onProgressOf(), signal: stop.signal, grader });
    if (process.stderr.isTTY) process.stderr.write("\n");
    if (options.output !== null) writeLogs(options.output, measured, process.pid);
    const { report } = measured;
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : makeLogs(measured, process.pid)["mlperf_log_summary.txt"]);
    return judge(report, baseline, options.tolerances);
  } finally {
    process.off("SIGINT", abort).off("SIGTERM", abort).off("disconnect", abort);
    if (process.connected) process.disconnect();
    target.close();
  }
}

function onProgressOf(): ((progress: LoadProgress) => void) | undefined {
  return process.send ? (progress) => void process.send!(progress) : process.stderr.isTTY ? showProgress : undefined;
}

function tellLoop(report: ClosedLoopReport, { json, output }: Options): number {
  const { figure, why, firstFailure } = report;
  if (output !== null) {
    mkdirSync(output, { recursive: true });
    writeFileSync(path.join(output, "report.json"), JSON.stringify(report, null, 2));
  }
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (figure) process.stdout.write(`${report.concurrency} at once: ${figure.perSecond.toFixed(1)} ± ${figure.plusMinus.toFixed(1)} /s, p50 ${(figure.p50Ns / 1e6).toFixed(2)} ms, p90 ${(figure.p90Ns / 1e6).toFixed(2)} ms, p99 ${(figure.p99Ns / 1e6).toFixed(2)} ms${report.isHarnessLate ? "; the load generator itself was late, the true figures are no worse" : ""}\n`);
  else process.stdout.write(`${report.concurrency} at once: no figure. ${why}${firstFailure === null ? "" : ` First: ${firstFailure}`}\n`);
  return figure ? EXIT.valid : EXIT.invalid;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function judge(report: LoadReport, baseline: LoadReport | null, tolerances: Tolerances): number {
  if (report.peak) tell(report.peak.qps === null ? `No peak: ${report.peak.why}` : `Peak: ${report.peak.qps} queries/s.`);
  if (report.accuracy) tell(sayAccuracy(report.accuracy));
  if (report.reuse) tell(`${report.reuse.isReusing ? "Results are reused" : "No reuse of results seen"}: ${report.reuse.samePerSecond.toFixed(1)} /s on one sample, ${report.reuse.uniquePerSecond.toFixed(1)} /s on different ones.`);
  const { rate, why, latencyWhy } = report.steady;
  const isPerformance = report.settings.mode === "PerformanceOnly";
  if (!rate && isPerformance) tell(`No steady throughput: ${why}`);
  if (latencyWhy && isPerformance && report.settings.scenario !== "Offline") tell(`Latency was not steady: ${latencyWhy} Its percentiles are the whole run's, as LoadGen counts them; nothing can be claimed from them.`);
  const own = ownExit(report);
  const gate = baseline === null ? "open" : holdAgainst(baseline, report, tolerances);
  if (gate === "regressed") return EXIT.regressed;
  return gate === "closed" && own === EXIT.valid ? EXIT.failed : own;
}

/** What a run comes to by itself. */
function ownExit({ peak, reuse, accuracy, verdict }: LoadReport): number {
  const isGood = peak ? peak.qps !== null : reuse ? !reuse.isReusing : accuracy ? verdict.isEverythingAnswered : verdict.isValid;
  return isGood ? EXIT.valid : EXIT.invalid;
}

/** "closed": it cannot be told. */
function holdAgainst(baseline: LoadReport, report: LoadReport, tolerances: Tolerances): "open" | "closed" | "regressed" {
  const apart = whyNotCompared(baseline, report);
  if (apart !== null) {
    tell(`No comparison with the baseline: ${apart}`);
    return "closed";
  }
  const differences = compareRuns(baseline, report);
  tell(sayDifferences(differences));
  const { passes, regressions, unjudged } = judgeGate(baseline, report, differences, tolerances);
  for (const { name, why } of unjudged) tell(`Cannot be judged against the baseline: ${name}. ${why}`);
  return regressions.length > 0 ? "regressed" : passes ? "open" : "closed";
}

function sayAccuracy({ correct, labelled, asked, interval, graded }: NonNullable<LoadReport["accuracy"]>): string {
  const between = interval ? `, between ${(interval.low * 100).toFixed(1)} and ${(interval.high * 100).toFixed(1)} %` : "";
  const characters = graded?.text && graded.text.characters > 0 ? [`Characters wrong: ${((100 * graded.text.wrongCharacters) / graded.text.characters).toFixed(2)} %.`] : [];
  return [`Accuracy: ${correct} of ${labelled} labelled answers are right${between}; ${asked} samples were asked.`, ...characters, ...(graded?.notes ?? [])].join("\n");
}

function readReport(file: string): LoadReport {
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as LoadReport;
    if (Array.isArray(report.figures)) return report;
  } catch (error) {
    throw new Error(`--baseline ${file} cannot be read: ${(error as Error).message}`);
  }
  throw new Error(`--baseline ${file} is no report of a run: give the report.json that --output wrote.`);
}

function showProgress({ phase, elapsedS, minS, answered, answersPerSecond, p50Ns, p99Ns, failed }: LoadProgress): void {
  const ms = (ns: number | null) => (ns === null ? "–" : `${(ns / 1e6).toFixed(1)} ms`);
  process.stderr.write(`\r${phase}: ${elapsedS.toFixed(0)} s of at least ${minS} s, ${answered} answered, ${answersPerSecond.toFixed(0)} /s, p50 ${ms(p50Ns)}, p99 ${ms(p99Ns)}${failed > 0 ? `, ${failed} failed` : ""}   `);
}
