import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { agentPorts, checkPort, listen, rememberAgentPort } from "./listen.ts";

test("agents find the console where they did last time, unless it took that port for itself", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-listen-"));
  try {
    expect(agentPorts(folder, { wanted: null, webPort: 7700 })).toEqual([7701, 0]);
    rememberAgentPort(folder, 7991);
    expect(agentPorts(folder, { wanted: null, webPort: 7700 })).toEqual([7991, 7701, 0]);
    expect(agentPorts(folder, { wanted: null, webPort: 7991 })).toEqual([7992, 0]);
    expect(agentPorts(folder, { wanted: 8000, webPort: 7700 })).toEqual([8000]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a taken port is a plain sentence with what to do", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
  try {
    await expect(checkPort("127.0.0.1", port)).rejects.toThrow(/taken by another program.*--port/);
    await expect(listen(createServer(), "127.0.0.1", port, "--agent-port")).rejects.toThrow(/taken by another program.*--agent-port/);
    expect(await checkPort("127.0.0.1", 0)).toBeGreaterThan(0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
