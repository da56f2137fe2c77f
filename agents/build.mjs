// Owns making the agent's package: one file per process of it, in dist/. `node agents/build.mjs` from anywhere; takes about a second.
//
//   main.mjs            the agent                     measure.mjs         measuring, in a process of its own
//   stage.mjs           a stage                       session-worker.mjs  its ONNX Runtime thread
//   ingress.mjs         where requests enter          chunk-*.mjs         loaded when needed (joining a console)
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outFolder = process.argv[2] ?? join(here, "dist");
const newFolder = `${outFolder}.${process.pid}.new`;
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const entries = {
  main: "main.ts", measure: "measure-process.ts", stage: "stage/main.ts", "session-worker": "stage/session-worker.ts", ingress: "ingress/main.ts",
};
const skipped = process.argv.slice(3);
const entryPoints = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(here, file)]).filter(([, file]) => existsSync(file)).filter(([name]) => !skipped.includes(name)));

await build({
  entryPoints, outdir: newFolder, outExtension: { ".js": ".mjs" },
  bundle: true, platform: "node", format: "esm", target: "node20", splitting: true, minifySyntax: true, legalComments: "none", logLevel: "warning",
  // Modules where a dependency has them: they split and shake, CommonJS does neither.
  mainFields: ["module", "main"],
  // Names and line breaks stay: a stack trace in a node's journal has to be readable.
  // Native, one build per platform; and two accelerators the WebSocket library only tries to load.
  external: ["onnxruntime-node", "bufferutil", "utf-8-validate"],
  define: { CUTPLANE_AGENT_VERSION: JSON.stringify(version) },
  // Dependencies in CommonJS ask for Node's own modules through `require`, which a module does not have.
  banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
});
// Replaced whole, and only by a build that succeeded: agents may be starting from it right now.
rmSync(outFolder, { recursive: true, force: true });
renameSync(newFolder, outFolder);
