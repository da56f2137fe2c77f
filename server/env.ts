// Owns the console's settings: flags and environment variables, checked at start, then frozen. A flag wins over its variable.
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";

/** Flag, variable, placeholder ("" = a switch), what it does. The help text, the parser and the example file all follow this table. */
export const SETTINGS = [
  ["port", "CUTPLANE_PORT", "PORT", "port of the console (default 7700)"],
  ["host", "CUTPLANE_HOST", "HOST", "address to listen on (default 127.0.0.1; anything else is HTTPS and demands a token)"],
  ["agent-port", "CUTPLANE_AGENT_PORT", "PORT", "port agents connect to (default: the console's port + 1, or any free one, remembered)"],
  ["public-host", "CUTPLANE_PUBLIC_HOST", "NAMES", "names or addresses the console is reached by, beside its own, with commas"],
  ["data", "CUTPLANE_DATA", "DIR", "folder for database, artifacts, keys and logs (default .data)"],
  ["database-url", "DATABASE_URL", "URL", "an own PostgreSQL instead of the embedded one"],
  ["shared", "CUTPLANE_SHARED", "DIR", "folder that several consoles on one PostgreSQL have in common: models, segments, keys (default: the data folder)"],
  ["max-upload-bytes", "CUTPLANE_MAX_UPLOAD_BYTES", "BYTES", "largest model file that is taken (default 64 GiB)"],
  ["log-level", "CUTPLANE_LOG_LEVEL", "LEVEL", "trace, debug, info, warn or error (default info)"],
  ["no-demo", "CUTPLANE_NO_DEMO", "", "start without the demo fleet"],
  ["demo-camera", "CUTPLANE_DEMO_CAMERA", "RATE", "pictures a second the demo sends while it serves (default 2; 0 sends none)"],
  ["once", "CUTPLANE_ONCE", "", "run the demo, print one JSON line, stop"],
] as const;
type Setting = (typeof SETTINGS)[number][0];

const noPort = "is no port from 0 to 65535";
const port = z.coerce.number({ error: noPort }).int(noPort).min(0, noPort).max(65_535, noPort);
const hostName = z.string().regex(/^[A-Za-z0-9.:_-]+$/, "is no host name or address");
const flag = z.union([z.boolean(), z.enum(["1", "true", "yes", "0", "false", "no", ""])]).transform((value) => value === true || ["1", "true", "yes"].includes(String(value)));

const schema = z.object({
  port: port.default(7700),
  host: hostName.default("127.0.0.1"),
  "agent-port": port.optional(),
  "public-host": z.string().default("").transform((names) => names.split(",").map((name) => name.trim()).filter(Boolean)).pipe(z.array(hostName).max(32, "names more than 32 hosts")),
  data: z.string().min(1).default(".data"),
  "database-url": z.string().regex(/^postgres(ql)?:\/\//, "must begin with postgresql://").optional(),
  shared: z.string().min(1).optional(),
  // 64 GiB: larger than any model worth cutting on small machines, small enough that a runaway upload ends.
  "max-upload-bytes": z.coerce.number().int().min(1024).max(2 ** 42).default(64 * 2 ** 30),
  "log-level": z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
  "no-demo": flag.default(false),
  // The demo's pipeline takes some tens a second: more would only show a queue.
  "demo-camera": z.coerce.number().min(0).max(50).default(2),
  once: flag.default(false),
});

export type Env = Readonly<{
  port: number;
  host: string;
  /** Null = the console's port + 1, or any free one; remembered. */
  agentPort: number | null;
  publicHosts: string[];
  /** Absolute. */
  dataFolder: string;
  /** Null = the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** Absolute: models, segments and keys. The data folder, or the folder several consoles have in common. */
  sharedFolder: string;
  maxUploadBytes: number;
  logLevel: string;
  demo: boolean;
  /** Pictures a second of the demo's camera; 0 = none. */
  demoCameraPerSecond: number;
  once: boolean;
}>;

/** A sentence for the terminal; nothing is wrong with the program. */
export class UsageError extends Error {}

/** `root` is what a relative data folder of the default is taken from; a given one is taken from where the command was called. @throws UsageError */
export function parseEnv(argv: string[], variables: NodeJS.ProcessEnv, root: string): Env | "help" {
  const values = parseFlags(argv);
  if (values.help) return "help";
  const given: Partial<Record<Setting, unknown>> = {};
  for (const [name, variable] of SETTINGS) {
    const value = values[name] ?? variables[variable];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    const name = String(problem?.path[0]);
    const variable = SETTINGS.find(([setting]) => setting === name)?.[1];
    throw new UsageError(`--${name} (or ${variable}): ${problem?.message ?? "is not valid"}. --help lists the flags.`);
  }
  const settings = parsed.data;
  if (settings.shared !== undefined && settings["database-url"] === undefined) throw new UsageError("--shared (or CUTPLANE_SHARED) is for several consoles on one PostgreSQL: give its address with --database-url (or DATABASE_URL) too. --help lists the flags.");
  // npm runs scripts in the repository's folder; INIT_CWD is where the user typed the command.
  const base = given.data === undefined ? root : (variables.INIT_CWD ?? process.cwd());
  const dataFolder = path.resolve(base, settings.data);
  return Object.freeze({
    port: settings.port,
    host: settings.host,
    agentPort: settings["agent-port"] ?? null,
    publicHosts: settings["public-host"],
    dataFolder,
    databaseUrl: settings["database-url"] ?? null,
    sharedFolder: settings.shared === undefined ? dataFolder : path.resolve(variables.INIT_CWD ?? process.cwd(), settings.shared),
    maxUploadBytes: settings["max-upload-bytes"],
    logLevel: settings["log-level"],
    demo: settings.once || !settings["no-demo"],
    demoCameraPerSecond: settings["demo-camera"],
    once: settings.once,
  });
}

function parseFlags(argv: string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: "string" | "boolean" }> = { help: { type: "boolean" } };
  for (const [name, , placeholder] of SETTINGS) options[name] = { type: placeholder ? "string" : "boolean" };
  try {
    return parseArgs({ args: argv, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. --help lists the flags.`);
  }
}

export function helpText(): string {
  const rows = SETTINGS.map(([name, variable, placeholder, text]) => `  ${`--${name} ${placeholder}`.padEnd(26)} ${text}\n${"".padEnd(29)}(${variable})`);
  return `Usage: npm start -- [flags]

Installs and builds what is missing, then runs the console with its database and, unless told otherwise, a demo fleet.

${rows.join("\n")}
  --help                     this text

Exit codes: 0 stopped as asked; 1 failed (the last line says why); 2 wrong flag or setting; 3 another console already runs on this data folder.
`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
