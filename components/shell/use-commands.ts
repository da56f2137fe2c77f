// Owns the list of what the command palette can do: every screen, everything with a page, what the open page offers, and actions that need no more than a name.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { wantAction } from "../act/act-store.ts";
import { api } from "../api.ts";
import { told, toldProblem } from "../ui/notices.ts";
import { type Command, pageEntries } from "./palette-entries.ts";
import { PLACES } from "./places.ts";
import { keysText } from "./shortcuts.ts";
import { setTheme, THEMES } from "./theme.ts";
import { availableShortcuts } from "./use-shortcuts.ts";

const PLANS_MAX = 50;

export function useCommands(): Command[] {
  const router = useRouter();
  const [here] = useState(() => [
    ...availableShortcuts().filter(({ shortcut }) => shortcut.id !== "everywhere.commands").map(({ shortcut, run }): Command => ({ id: `cmd-key-${shortcut.id}`, group: shortcut.scope === "everywhere" ? "help" : shortcut.scope, name: shortcut.what, keys: keysText(shortcut), run })),
    ...pageEntries(),
  ]);
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  const topologies = useQuery(api.topologies.list.queryOptions()).data ?? [];
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const plans = useQuery(api.plans.list.queryOptions({ limit: PLANS_MAX })).data ?? [];
  const act = useActions();
  const go = (group: string, name: string, href: string): Command => ({ id: `cmd-${href}`, group, name, run: () => router.push(href) });
  const modelName = (id: string) => models.find((model) => model.id === id)?.name ?? "a deleted model";
  return [
    ...here.filter((one) => one.keys !== undefined && one.group !== "help"),
    ...PLACES.map(({ href, name }) => go("go to", name, href)),
    go("go to", "Add a node", "/nodes/add"),
    ...deployments.map((one) => go("deployment", one.name, `/deployments/${one.id}`)),
    ...topologies.map((one) => go("topology", one.name, `/topologies/${one.id}`)),
    ...models.map((one) => go("model", one.name, `/models/${one.id}`)),
    ...nodes.map((one) => go("node", one.name, `/nodes/${one.id}`)),
    ...here.filter((one) => one.keys === undefined && one.group !== "help"),
    ...nodes.flatMap((one) => [act.node(one.cordoned ? "uncordon" : "cordon", one), act.node("drain", one)]),
    ...deployments.flatMap((one) => (one.desired === "stopped" ? (["start", "delete"] as const) : (["roll-back", "stop"] as const)).map((action) => act.deployment(action, one))),
    go("go to", "Operations", "/operations"),
    ...models.filter((one) => one.status === "ready").flatMap((one) => [act.measure(one), go("layer graph", one.name, `/models/${one.id}?view=graph`)]),
    ...deployments.map((one) => go("plans of", one.name, `/plans?deployment=${one.id}`)),
    ...deployments.map((one) => go("replay of", one.name, `/deployments/${one.id}/replay`)),
    ...plans.map((one) => go("plan", `${one.hash.slice(0, 10)}, ${modelName(one.modelId)}`, `/plans?a=${one.id}`)),
    ...THEMES.map((theme): Command => ({ id: `cmd-${theme}`, group: "theme", name: `Theme: ${theme}`, run: () => setTheme(theme) })),
    ...here.filter((one) => one.group === "help"),
    { id: "cmd-docs", group: "help", name: "API documentation", run: () => window.open("/api/docs", "_blank") },
  ];
}

function useActions() {
  const measure = useMutation(api.models.measure.mutationOptions({ onSuccess: () => told("Measuring on the online nodes."), onError: (error) => toldProblem("Measuring", error) }));
  type Named = { id: string; name: string };
  const act = (id: string, name: string, run: () => void): Command => ({ id: `cmd-${id}`, group: "do", name, run });
  return {
    node: (action: "cordon" | "uncordon" | "drain", { id, name }: Named) => act(`${action}-${id}`, `${{ cordon: "Cordon", uncordon: "Uncordon", drain: "Drain" }[action]} ${name}…`, () => wantAction({ on: "node", id, name, action })),
    deployment: (action: "stop" | "start" | "roll-back" | "delete", { id, name }: Named) => act(`${action}-${id}`, `${{ stop: "Stop", start: "Start", "roll-back": "Roll back", delete: "Delete" }[action]} ${name}…`, () => wantAction({ on: "deployment", id, name, action })),
    measure: ({ id, name }: Named) => act(`measure-${id}`, `Measure ${name} on the nodes`, () => measure.mutate({ id })),
  };
}
