// Owns the list of what the command palette can do: every place, every thing with a page, and actions that need no more than a name.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api } from "../api.ts";
import { told, toldProblem } from "../ui/notices.ts";
import { PLACES } from "./places.ts";
import { setTheme, THEMES } from "./theme.ts";

export type Command = { id: string; group: string; name: string; run: () => void };

export function useCommands(showKeys: () => void): Command[] {
  const router = useRouter();
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  const topologies = useQuery(api.topologies.list.queryOptions()).data ?? [];
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const cordon = useMutation(api.nodes.cordon.mutationOptions({ onSuccess: (node) => told(`${node.name} takes no new stages.`), onError: (error) => toldProblem("Cordoning", error) }));
  const uncordon = useMutation(api.nodes.uncordon.mutationOptions({ onSuccess: (node) => told(`${node.name} takes stages again.`), onError: (error) => toldProblem("Uncordoning", error) }));
  const measure = useMutation(api.models.measure.mutationOptions({ onSuccess: () => told("Measuring on the online nodes."), onError: (error) => toldProblem("Measuring", error) }));
  const go = (group: string, name: string, href: string): Command => ({ id: `cmd-${href}`, group, name, run: () => router.push(href) });
  const act = (id: string, name: string, run: () => void): Command => ({ id: `cmd-${id}`, group: "do", name, run });
  return [
    ...PLACES.map(({ href, name }) => go("go to", name, href)),
    ...deployments.map((one) => go("deployment", one.name, `/deployments/${one.id}`)),
    ...topologies.map((one) => go("topology", one.name, `/topologies/${one.id}`)),
    ...models.map((one) => go("model", one.name, `/models/${one.id}`)),
    ...nodes.map((one) => go("node", one.name, `/nodes/${one.id}`)),
    go("do", "Add a node", "/nodes/add"),
    ...nodes.map((one) => (one.cordoned ? act(`uncordon-${one.id}`, `Uncordon ${one.name}`, () => uncordon.mutate({ id: one.id })) : act(`cordon-${one.id}`, `Cordon ${one.name}`, () => cordon.mutate({ id: one.id })))),
    ...models.filter((one) => one.status === "ready").map((one) => act(`measure-${one.id}`, `Measure ${one.name} on the nodes`, () => measure.mutate({ id: one.id }))),
    ...THEMES.map((theme) => ({ id: `cmd-${theme}`, group: "theme", name: `Theme: ${theme}`, run: () => setTheme(theme) })),
    { id: "cmd-keys", group: "help", name: "Keyboard shortcuts", run: showKeys },
    { id: "cmd-docs", group: "help", name: "API documentation", run: () => window.open("/api/docs", "_blank") },
  ];
}
