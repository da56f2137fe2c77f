// Owns how a new node gets the agent: GET /install.sh, and GET /agent/<version>-<platform>-<arch>.tgz, the agent's package with ONNX Runtime for one
// platform, made from what is installed here. A package is made once and kept; the same files always give the same bytes.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { RequestHandler } from "../deps.ts";
import { type InstallPackage, renderInstallScript } from "./install-script.ts";
import { writeTar } from "./write-tar.ts";

export type InstallHandlerOptions = {
  /** The agent's package: package.json, README.md and dist/. */
  agentFolder: string;
  /** Where onnxruntime-node and onnxruntime-common are installed. */
  nodeModulesFolder: string;
  /** Where packages are kept between starts. */
  cacheFolder: string;
  /** Its scheme is used always, its host when a request names none. */
  consoleUrl: string;
};

/** What install.sh can serve: a POSIX shell and a prebuilt runtime. */
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-arm64"];

export function createInstallHandler(options: InstallHandlerOptions): RequestHandler {
  const built = new Map<string, Promise<BuiltPackage>>();
  const packageOf = (version: string, platform: string) => {
    const known = built.get(platform);
    if (known) return known;
    const making = makePackage(options, version, platform);
    making.catch(() => built.delete(platform));
    built.set(platform, making);
    return making;
  };
  return async (req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://console");
    const isScript = pathname === "/install.sh";
    const asked = /^\/agent\/([0-9A-Za-z.-]+?)-([a-z0-9]+-[a-z0-9]+)\.tgz$/.exec(pathname);
    if ((!isScript && !asked) || (req.method !== "GET" && req.method !== "HEAD")) return false;
    const version = await agentVersion(options.agentFolder);
    if (isScript) await answerScript(options, version, packageOf, req, res);
    else if (asked?.[1] !== version || !platformsHere(options).includes(asked[2] ?? "")) answerPlain(res, 404, "there is no such agent package; /install.sh names those there are\n");
    else await answerPackage(await packageOf(version, asked[2] as string), req, res);
    return true;
  };
}

type BuiltPackage = InstallPackage & { path: string };
type PackageOf = (version: string, platform: string) => Promise<BuiltPackage>;

async function agentVersion(agentFolder: string): Promise<string> {
  return (JSON.parse(await readFile(join(agentFolder, "package.json"), "utf8")) as { version: string }).version;
}

const runtimeFolder = (options: InstallHandlerOptions, platform: string) => join(options.nodeModulesFolder, "onnxruntime-node/bin/napi-v6", ...platform.split("-"));

function platformsHere(options: InstallHandlerOptions): string[] {
  return PLATFORMS.filter((platform) => existsSync(runtimeFolder(options, platform)));
}

async function answerScript(options: InstallHandlerOptions, version: string, packageOf: PackageOf, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (!existsSync(join(options.agentFolder, "dist/main.mjs"))) return answerPlain(res, 503, "echo 'cutplane: the console has not built its agent yet; try again in a moment' >&2; exit 1\n");
  const packages: Record<string, InstallPackage> = {};
  // One after the other: compressing is this machine's cores, and others are using them.
  for (const platform of platformsHere(options)) packages[platform] = await packageOf(version, platform);
  const host = req.headers.host ?? "";
  const url = new URL(options.consoleUrl);
  // The name the node used is the one that works from there. Anything odd falls back to the console's own idea.
  const consoleUrl = /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? `${url.protocol}//${host}` : url.origin;
  res.writeHead(200, { "content-type": "text/x-shellscript; charset=utf-8", "cache-control": "no-store" });
  res.end(req.method === "HEAD" ? undefined : renderInstallScript({ consoleUrl, version, packages }));
}

async function answerPackage(made: BuiltPackage, req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.writeHead(200, { "content-type": "application/gzip", "content-length": made.bytes, etag: `"${made.sha256}"` });
  if (req.method === "HEAD") return void res.end();
  // A reader that goes away ends the stream; there is nobody left to tell.
  await pipeline(createReadStream(made.path), res).catch(() => res.destroy());
}

function answerPlain(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }).end(text);
}

/** Found again after a restart by a key of what it is made of; packages of older builds go. */
async function makePackage(options: InstallHandlerOptions, version: string, platform: string): Promise<BuiltPackage> {
  const files = await packageFiles(options, platform);
  const key = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = await stat(file.path);
    key.update(`${file.name} ${size} ${mtimeMs}\n`);
  }
  await mkdir(options.cacheFolder, { recursive: true });
  const name = `${version}-${platform}-${key.digest("hex").slice(0, 16)}.tgz`;
  const path = join(options.cacheFolder, name);
  if (!existsSync(path)) {
    for (const old of await readdir(options.cacheFolder)) if (old.includes(`-${platform}-`)) await rm(join(options.cacheFolder, old), { force: true });
    const temporary = `${path}.${process.pid}.new`;
    try {
      // The runtime's libraries hardly shrink further with more effort, and someone waits.
      await pipeline(writeTar(files), createGzip({ level: 4 }), createWriteStream(temporary));
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return { path, sha256: hash.digest("hex"), bytes: (await stat(path)).size };
}

/** Names in the archive and where their bytes are, in a fixed order. */
async function packageFiles(options: InstallHandlerOptions, platform: string): Promise<{ name: string; path: string }[]> {
  const runtime = join(options.nodeModulesFolder, "onnxruntime-node");
  const common = join(options.nodeModulesFolder, "onnxruntime-common");
  const sources: [string, string, (name: string) => boolean][] = [
    ["cutplane-agent/dist", join(options.agentFolder, "dist"), (name) => name.endsWith(".mjs")],
    ["cutplane-agent/node_modules/onnxruntime-node/dist", join(runtime, "dist"), (name) => name.endsWith(".js")],
    [`cutplane-agent/node_modules/onnxruntime-node/bin/napi-v6/${platform.replace("-", "/")}`, runtimeFolder(options, platform), () => true],
    ["cutplane-agent/node_modules/onnxruntime-common/dist/cjs", join(common, "dist/cjs"), (name) => /\.(js|json)$/.test(name)],
  ];
  const files = [
    ...["package.json", "README.md"].map((name) => ({ name: `cutplane-agent/${name}`, path: join(options.agentFolder, name) })),
    ...["package.json", "README.md"].map((name) => ({ name: `cutplane-agent/node_modules/onnxruntime-node/${name}`, path: join(runtime, name) })),
    ...["package.json", "README.md"].map((name) => ({ name: `cutplane-agent/node_modules/onnxruntime-common/${name}`, path: join(common, name) })),
  ].filter((file) => existsSync(file.path));
  for (const [target, folder, wanted] of sources) {
    for (const path of await filesBelow(folder)) {
      const name = relative(folder, path).split(sep).join("/");
      if (wanted(name)) files.push({ name: `${target}/${name}`, path });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(entries.map((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)])));
  return nested.flat();
}
