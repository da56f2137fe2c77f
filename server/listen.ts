// Owns ports: which are free, which were used before, and what to say when one is taken.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";

/** A port of `host` that can be listened on now: `port` itself, or any free one for 0. @throws Error with a plain sentence when it is taken or forbidden */
export async function checkPort(host: string, port: number): Promise<number> {
  const probe = createServer();
  await listen(probe, host, port);
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return address && typeof address === "object" ? address.port : port;
}

/** Which setting chooses another port. */
export type PortFlag = "--port" | "--agent-port";

/** @throws Error with a plain sentence, the system's own error as its cause */
export function listen(server: Server, host: string, port: number, flag: PortFlag = "--port"): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new Error(explain(error, host, port, flag), { cause: error }));
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, flag: PortFlag): string {
  if (error.code === "EADDRINUSE") return `Port ${port} on ${host} is taken by another program. Choose another with ${flag}.`;
  if (error.code === "EACCES") return `Port ${port} may not be used by this user. Choose one above 1023 with ${flag}.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") return `This machine has no address ${host}. Choose another with --host.`;
  return `Port ${port} on ${host} can't be listened on: ${error.message}.`;
}

/** Agents remember where they connect: the port of last time comes first. */
export function agentPorts(dataFolder: string, options: { wanted: number | null; webPort: number }): number[] {
  if (options.wanted !== null) return [options.wanted];
  const last = Number(readText(path.join(dataFolder, "agent-port")));
  const beside = options.webPort < 65_535 ? [options.webPort + 1] : [];
  // The remembered port may be the one the console is now told to use itself.
  return [...(last > 0 && last <= 65_535 && last !== options.webPort ? [last] : []), ...beside, 0];
}
export function rememberAgentPort(dataFolder: string, port: number): void {
  writeFileSync(path.join(dataFolder, "agent-port"), `${port}\n`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
