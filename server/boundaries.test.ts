// Who may import whom, checked on every import of the repository. The table is the one of docs/ARCHITECTURE.md.
// A check that sees nothing passes everything, so it also counts what it saw.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const MIN_FILES = 300;
const MIN_EDGES = 1000;

type Rule = {
  /** Files the rule speaks for: the first rule that matches counts. */
  files: RegExp;
  /** Our own files that may be imported, by path from the root. */
  may: RegExp;
  /** Packages and node: modules that may be imported; absent = any. */
  packages?: RegExp;
};

const PURE = /^$/;
const CONTRACT = "agents/protocol/(tensor|assert|control|own-key|pad-plan|quota-period|parity-file|frame|preamble|repository-call|wire-error)\\.ts";
const PURE_FOLDERS = "server/(model|topology|planner|policy|loadgen/method)/";

/** Sockets.io, Prisma, tRPC, HiGHS and ONNX Runtime each have one home. */
const HOMES: [RegExp, RegExp][] = [
  [/^@prisma\/|^prisma/, /^(server\/store\/|server\/database\/|prisma)/],
  [/^@trpc\/server|^trpc-to-openapi/, /^server\/api\//],
  [/^socket\.io$/, /^(server\/sockets\/|server\/main\.ts|server\/deps\.ts|server\/.*\.test\.ts|agents\/.*(\.test\.ts|\/testdata\/|testdata\/))/],
  [/^socket\.io-client$/, /^(agents\/|components\/live\/|bench\/|server\/.*(\.test\.ts|testdata\/)|e2e\/)/],
  [/^highs$/, /^server\/threads\//],
  [/^onnxruntime-node$/, /^(server\/inspect\/|agents\/|server\/.*\.test\.ts|server\/.*testdata\/|bench\/)/],
];

const RULES: Rule[] = [
  { files: /^agents\/protocol\/.*\.test\.ts$/, may: /^agents\/protocol\// },
  { files: /^agents\/protocol\/vectors\//, may: /^agents\/protocol\//, packages: /^node:/ },
  { files: /^agents\/protocol\//, may: /^agents\/protocol\//, packages: PURE },
  { files: /^agents\//, may: /^agents\// },
  { files: /^server\/(model|topology|planner|policy)\/(.*\.test\.ts$|(.*\/)?testdata\/)/, may: /^(server|agents|prisma)\// },
  { files: /^server\/model\//, may: new RegExp(`^(server/model/|server/planner/plan\\.ts|${CONTRACT})`), packages: PURE },
  { files: /^server\/topology\//, may: new RegExp(`^(server/topology/|${CONTRACT})`), packages: PURE },
  { files: /^server\/planner\//, may: new RegExp(`^(server/(planner|model|topology)/|${CONTRACT})`), packages: PURE },
  { files: /^server\/policy\//, may: new RegExp(`^(${PURE_FOLDERS}|${CONTRACT})`), packages: PURE },
  // Several real consoles with real agents are what the cluster of the browser's tests starts.
  { files: /^server\/(consoles\/.*|commands\/(load-model|measure-node)\.db)\.test\.ts$/, may: /^(server|agents|prisma|lab)\/|^e2e\/(cluster|deploy-over-all|load)\.ts/ },
  { files: /^server\/.*(\.test\.ts$|\/testdata\/)/, may: /^(server|agents|prisma|lab)\// },
  { files: /^server\/threads\//, may: new RegExp(`^(server/(threads|model|planner|inspect)/|${CONTRACT})`) },
  { files: /^server\/inspect\//, may: new RegExp(`^(server/(inspect|model|planner|threads)/|agents/processor/|agents/ingress/oip\\.ts|${CONTRACT})`) },
  { files: /^server\/trust\//, may: /^(server\/(trust|store|events)\/|server\/(clock|errors|ids|deps)\.ts|server\/commands\/deps\.ts|agents\/protocol\/)/ },
  { files: /^server\/database\//, may: /^(server\/(database|store)\/|server\/[a-z-]+\.ts|prisma\/)/ },
  { files: /^server\/loadgen\/method\//, may: /^server\/loadgen\/method\//, packages: PURE },
  { files: /^server\/loadgen\//, may: /^(server\/loadgen\/|lab\/precise-timer\.ts|agents\/ingress\/grpc\/inference-messages\.ts)/, packages: /^node:/ },
  { files: /^server\/demo\//, may: new RegExp(`^(server/demo/|${PURE_FOLDERS}|agents/protocol/)`) },
  { files: /^server\/store\//, may: new RegExp(`^(server/(store|events)/|${PURE_FOLDERS}|server/(clock|errors|ids)\\.ts|prisma/generated/|agents/protocol/)`) },
  { files: /^server\/events\//, may: new RegExp(`^(server/(events|store)/|${PURE_FOLDERS}|server/(clock|errors|ids)\\.ts|prisma/generated/|agents/protocol/)`) },
  { files: /^server\/live\//, may: new RegExp(`^(server/(live|store|events|commands)/|${PURE_FOLDERS}|server/(clock|errors|ids)\\.ts|agents/protocol/)`) },
  { files: /^server\/commands\//, may: new RegExp(`^(server/(commands|store|events|threads|inspect|live|trust)/|server/loadgen/start-loadgen\\.ts|${PURE_FOLDERS}|server/(clock|errors|ids|deps)\\.ts|agents/protocol/)`) },
  { files: /^server\/control\//, may: new RegExp(`^(server/(control|commands|store|events|live)/|${PURE_FOLDERS}|server/(clock|errors|ids|deps)\\.ts|agents/protocol/)`) },
  { files: /^server\/consoles\//, may: new RegExp(`^(server/(consoles|commands|store|events|live)/|${PURE_FOLDERS}|server/(clock|errors|ids|deps)\\.ts|agents/protocol/)`) },
  { files: /^server\/api\//, may: new RegExp(`^(server/(api|commands|store|events|live|trust)/|${PURE_FOLDERS}|server/[a-z-]+\\.ts|agents/protocol/|server/http/(answer|guard)\\.ts)`) },
  { files: /^server\/http\//, may: new RegExp(`^(server/(http|commands|store|events|live|trust)/|${PURE_FOLDERS}|server/[a-z-]+\\.ts|agents/protocol/)`) },
  { files: /^server\/sockets\//, may: new RegExp(`^(server/(sockets|commands|store|events|live|trust)/|${PURE_FOLDERS}|server/[a-z-]+\\.ts|agents/protocol/)`) },
  // Runs before anything is installed; what it loads later it has installed itself.
  { files: /^server\/bootstrap\//, may: /^server\/bootstrap\//, packages: /^(node:|esbuild$|@playwright\/test$)/ },
  { files: /^server\/[a-z-]+\.(ts|mjs)$/, may: /^(server|prisma|agents\/protocol)\// },
  { files: /^components\/api\.ts$/, may: new RegExp(`^(components/|server/api/router\\.ts|${PURE_FOLDERS})`) },
  // What two people lost is judged alike in a test of the store and in real browsers.
  { files: /^components\/canvas\/edit-together\.test\.ts$/, may: /^(components\/|server\/topology\/|e2e\/random-edits\.ts)/ },
  { files: /^components\//, may: new RegExp(`^(components/|${PURE_FOLDERS}|server/events/catalogue\\.ts|${CONTRACT})`) },
  { files: /^app\//, may: /^(app|components)\// },
  { files: /^e2e\//, may: /^e2e\// },
  // A bench drives real parts: it takes cores away from stages with lab/throttle.ts cuts the models the tests of the inspection use, and opens the folders its child works in.
  { files: /^bench\//, may: /^(bench\/|agents\/|lab\/(throttle|faults|fault-plan|small-disk)\.ts|lab\/(simulator|scenarios)\/|server\/inspect\/(testing-models|model-folder|ort-session)\.ts|server\/demo\/bundled-models\.ts|server\/loadgen\/method\/|server\/(model|topology|planner|policy|threads|live)\/|server\/.*testdata\/|e2e\/(cluster|random-edits|emulated-network)\.ts|server\/(commands|sockets|store|database|trust|control|events)\/|server\/[a-z-]+\.ts)/ },
  // The simulator runs the product's own controller: that is what it is for.
  { files: /^lab\/simulator\//, may: new RegExp(`^(lab/simulator/|${PURE_FOLDERS})`) },
  { files: /^lab\/.*\.test\.ts$/, may: /^lab\// },
  { files: /^lab\//, may: /^lab\//, packages: /^node:/ },
  { files: /^prisma\//, may: /^prisma\// },
  { files: /^[a-z.]+\.(ts|js|mjs)$/, may: /^prisma\// },
];

type Import = { file: string; target: string; own: boolean };

function listFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (/(^|\/)(node_modules|dist|generated|\.next|\.build|\.data|\.git|test-results|reports)$/.test(file)) return [];
    if (entry.isDirectory()) return listFiles(file);
    return /\.(ts|tsx|mjs|js)$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [file] : [];
  });
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^"'`;]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g)) {
    const specifier = match[1] ?? match[2] ?? "";
    const own = specifier.startsWith(".");
    found.push({ file, target: own ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)) : specifier, own });
  }
  return found;
}

/** Null = allowed. */
function refuse({ file, target, own }: Import): string | null {
  const rule = RULES.find((candidate) => candidate.files.test(file));
  if (!rule) return `${file}: no rule speaks for this folder`;
  if (/\.css$|\.json$/.test(target) || target.startsWith("@fontsource")) return null;
  if (own) return rule.may.test(target) ? null : `${file} may not import ${target}`;
  const home = HOMES.find(([name]) => name.test(target));
  if (home && !home[1].test(file) && !/^(components|bench|e2e)\//.test(file)) return `${file} may not import ${target}: it has one home`;
  return rule.packages && !rule.packages.test(target) ? `${file} may not import ${target}` : null;
}

const files = listFiles(".").map((file) => file.replace(/^\.\//, ""));
const edges = files.flatMap((file) => importsOf(file, readFileSync(path.join(root, file), "utf8")));

test("every import is one the table allows", () => {
  expect(edges.map(refuse).filter((reason) => reason !== null)).toEqual([]);
});

test("the check saw the repository", () => {
  expect(files.length).toBeGreaterThanOrEqual(MIN_FILES);
  expect(edges.length).toBeGreaterThanOrEqual(MIN_EDGES);
  for (const folder of ["agents/protocol", "server/model", "server/planner", "server/policy", "server/commands", "server/api", "components", "app", "lab", "bench", "e2e"]) expect(files.some((file) => file.startsWith(`${folder}/`)), folder).toBe(true);
});

test.each([
  ["server/planner/solve.ts", 'import { readFileSync } from "node:fs";'],
  ["server/planner/solve.ts", 'import { openDb } from "../store/db.ts";'],
  ["agents/protocol/frame.ts", 'import net from "node:net";'],
  ["agents/main.ts", 'import { buildProblem } from "../server/planner/problem.ts";'],
  ["server/commands/import-model.ts", 'import { router } from "../api/router.ts";'],
  ["components/Canvas.tsx", 'import { openDb } from "../server/store/db.ts";'],
  ["app/page.tsx", 'import type { Plan } from "../server/planner/plan.ts";'],
  ["lab/link.ts", 'import { encodeFrame } from "../agents/protocol/frame.ts";'],
  ["server/control/loop.ts", 'import { PrismaClient } from "@prisma/client";'],
  ["server/policy/drift.ts", 'const fs = await import("node:fs");'],
])("finds a wrong import planted in %s", (file, text) => {
  expect(importsOf(file, text).map(refuse)[0]).toMatch(/may not import/);
});

test("the pure core takes time and chance as arguments", () => {
  const impure = files
    .filter((file) => /^(server\/(model|topology|planner|policy|loadgen\/method)|agents\/protocol)\//.test(file) && !/\.test\.ts$|\/testdata\/|\/vectors\//.test(file))
    .filter((file) => /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.(env|argv|cwd|exit)\b|\bsetTimeout\(|\bfetch\(/.test(readFileSync(path.join(root, file), "utf8")));
  expect(impure).toEqual([]);
});
