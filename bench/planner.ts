// Benchmark "planner": what the planner proves and how fast, against every rule of others, on seeded families of instances (docs/PLANNING.md).
// Usage: npm run bench -- planner [--short] [--only proof,rivals,speed,boards,throughput] [--family mesh,…] (of rivals). The whole takes some half an hour on one core, --short a few minutes.
import { parseArgs } from "node:util";
import { boardFigures } from "./planner/board-figures.ts";
import { proofFigures } from "./planner/proof-figures.ts";
import { type RivalRow, rivalRows } from "./planner/rival-figures.ts";
import { speedFigures } from "./planner/speed-figures.ts";
import { throughputFigures } from "./planner/throughput-figures.ts";
import { FAMILY_NAMES } from "../server/planner/families/build-family.ts";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";

const { values } = parseArgs({ options: { short: { type: "boolean", default: false }, only: { type: "string", default: "speed,proof,throughput,boards,rivals" }, family: { type: "string", default: FAMILY_NAMES.join(",") } } });
const parts = values.only.split(",");
const families = FAMILY_NAMES.filter((name) => values.family.split(",").includes(name));
if (families.length === 0) throw new Error(`--family must be some of ${FAMILY_NAMES.join(", ")}`);
const say = (text: string) => process.stderr.write(`${text}…\n`);
const size = values.short ? { speed: 6, proof: 3, throughput: 2, boards: 8, rivals: 7, budgetMs: 200 } : { speed: 20, proof: 10, throughput: 6, boards: 40, rivals: 28, budgetMs: 1000 };

const figures: Figure[] = [calibrationFigure()];
if (parts.includes("speed")) figures.push(...speedFigures(size.speed));
if (parts.includes("proof")) figures.push(...proofFigures(size.proof, say));
if (parts.includes("throughput")) figures.push(...throughputFigures(size.throughput, size.budgetMs));
if (parts.includes("boards")) figures.push(...boardFigures(size.boards, size.budgetMs));
const rows = parts.includes("rivals") ? rivalRows({ families, perFamily: size.rivals, budgetMs: size.budgetMs, say }) : [];
figures.push(...rows.map(figureOf), ...lossesOf(rows));
figures.push(calibrationFigure());
const holds = reportBench("planner", figures);
for (const { family, objective, rival, compared } of rows) process.stdout.write(`${JSON.stringify({ bench: "planner", family, objective, rival, ...compared })}\n`);
for (const row of rows) for (const { options, ours, theirs } of row.lost) process.stdout.write(`lost to ${row.rival} on ${row.family}, ${row.objective}: ${options}: ours ${ours.toPrecision(6)}, theirs ${theirs.toPrecision(6)}\n`);
for (const row of rows) if (row.reasons[0]) process.stdout.write(`no plan by ${row.rival} on ${row.family}, ${row.objective}: ${row.reasons.slice(0, 3).join("; ")}\n`);
process.exitCode = holds ? 0 : 1;

/** Theirs ÷ ours: above 1 ours is better; NaN where no instance has a plan by both. */
function figureOf({ family, objective, rival, compared }: RivalRow): Figure {
  const { wins, ties, losses, onlyOurs, onlyTheirs, neither, ratio, low, high } = compared;
  const against = `[${low.toFixed(3)}, ${high.toFixed(3)}] ${wins} won, ${ties} tied, ${losses} lost; no plan: theirs ${onlyOurs}, ours ${onlyTheirs}, both ${neither}`;
  return { figure: `${family}, ${objective}: ${rival} ÷ ours`, value: ratio, unit: "x", against };
}

/** Never worse than any rule given the same time. */
function lossesOf(all: readonly RivalRow[]): Figure[] {
  return [...new Set(all.map(({ family, objective }) => `${family}, ${objective}`))].map((title) => {
    const own = all.filter(({ family, objective }) => `${family}, ${objective}` === title);
    return { figure: `${title}: instances on which any rule is better`, value: new Set(own.flatMap(({ lost }) => lost.map(({ options }) => options))).size, unit: "lost", target: { op: "==", than: 0 } };
  });
}
