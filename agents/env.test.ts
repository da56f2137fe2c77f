import { expect, test } from "vitest";
import { type AgentConfig, parseCommand } from "./env.ts";

const config = (argv: string[], env: Record<string, string | undefined> = {}): AgentConfig => {
  const command = parseCommand(argv, env);
  if (!("config" in command)) throw new Error(command.kind);
  return command.config;
};

test("flags win over variables, empty variables count as none", () => {
  expect(config(["--name", "a"], { CUTPLANE_NAME: "b", CUTPLANE_TOKEN: "", CUTPLANE_CONSOLE: "http://h:1/" })).toMatchObject({ name: "a", token: null, consoleUrls: ["http://h:1"] });
  expect(config(["--console", "http://h:1/, https://i:2"], {}).consoleUrls).toEqual(["http://h:1", "https://i:2"]);
  expect(config([], {}).consoleUrls).toEqual([]);
});

test.each<[string[], Partial<AgentConfig>]>([
  [["--max-memory", "2G"], { maxMemoryBytes: 2 * 2 ** 30 }],
  [["--max-memory", "512MiB"], { maxMemoryBytes: 512 * 2 ** 20 }],
  [["--advertise", "10.0.0.5:99"], { advertiseHost: "10.0.0.5", advertisePort: 99 }],
  [["--advertise", "[::1]"], { advertiseHost: "::1", advertisePort: null }],
  [["--drain-timeout", "0"], { drainTimeoutMs: 0 }],
  [[], { sharedMemory: true }], [["--shared-memory", "off"], { sharedMemory: false }],
])("%j is understood", (argv, expected) => {
  expect(config(argv)).toMatchObject(expected);
});

test.each([
  [["--console", "10.0.0.5"], "--console must be a URL"], [["--console", "ftp://x"], "--console must be a URL"],
  [["--data-port", "70000"], "--data-port must be a port"], [["--max-memory", "lots"], "--max-memory must be"], [["--max-memory", "0"], "--max-memory must be"],
  [["--name", " x"], "--name takes"], [["--advertise", "a:b:c"], "--advertise must be"], [["--log-level", "loud"], "--log-level must be"],
  [["--ingress-cert", "a.pem"], "belong together"], [["--ingress-key", "a.pem"], "belong together"],
  [["--shared-memory", "yes"], "--shared-memory must be on or off"],
  [["--nonsense"], "--help lists the flags"], [["fly"], 'unknown command "fly"'],
])("%j is refused in one sentence", (argv, sentence) => {
  expect(() => parseCommand(argv, {})).toThrow(sentence);
});
