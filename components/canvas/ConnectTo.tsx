"use client";
import { useState } from "react";
import type { TopologyNode } from "../../server/topology/topology.ts";
import { Button } from "../ui/Button.tsx";
import { addLink, linkBetween } from "./canvas-edit.ts";
import { newId } from "./new-id.ts";
import { editDocument, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** Connecting without a mouse. A choice alone draws nothing: who types a name passes others that begin alike. */
export function ConnectTo({ node }: { node: TopologyNode }) {
  const store = useWorkbenchStore();
  const document = useWorkbench((state) => state.history.present.document);
  const [wanted, setWanted] = useState("");
  const others = document.nodes.filter((one) => one.id !== node.id && !linkBetween(document, node.id, one.id));
  if (others.length === 0) return null;
  const targetId = others.some((one) => one.id === wanted) ? wanted : "";
  const connect = () => {
    if (targetId === "") return;
    editDocument(store, (now) => addLink(now, newId("lnk"), node.id, targetId));
    setWanted("");
    // Back where C was pressed, so that the next key is the canvas' again.
    window.document.querySelector<HTMLElement>(`.react-flow__node[data-id="${node.id}"]`)?.focus({ preventScroll: true });
  };
  return (
    <form className="mb-2.5" onSubmit={(event) => { event.preventDefault(); connect(); }}>
      <label htmlFor="connect-to" className="mb-0.5 block text-xs text-ink-3">Connect to <kbd className="num">C</kbd></label>
      <div className="flex gap-2">
        <select id="connect-to" data-connect-to className="field min-w-0 flex-1" value={targetId} onChange={(event) => setWanted(event.target.value)} onKeyDown={(event) => { if (event.key === "Enter" && targetId !== "") { event.preventDefault(); connect(); } }}>
          <option value="">choose a node…</option>
          {others.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
        <Button type="submit" disabled={targetId === ""} data-testid="connect">Connect</Button>
      </div>
    </form>
  );
}
