"use client";
import { client } from "../api.ts";
import { useReactFlow } from "@xyflow/react";
import { Download, LayoutGrid, Plus, Redo2, Search, ShieldOff, SquareDashed, Undo2 } from "lucide-react";
import Link from "next/link";
import { keysOf } from "../shell/shortcuts.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { toldProblem } from "../ui/notices.ts";
import { AlignMenu } from "./AlignMenu.tsx";
import { NEW_NODE_MIME } from "./new-node-mime.ts";
import { SaveIndicator } from "./SaveIndicator.tsx";
import { TrustPaint } from "./TrustPaint.tsx";
import { group, tidy } from "./use-canvas-keys.ts";
import { stepBack, stepForward, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** The saved drawing as a file for git. */
async function exportFile(id: string): Promise<void> {
  try {
    const { fileName, text } = await client.topologies.file.query({ id });
    const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    Object.assign(document.createElement("a"), { href: url, download: fileName }).click();
    URL.revokeObjectURL(url);
  } catch (error) {
    toldProblem("Exporting the topology", error);
  }
}

/** Tools above the canvas. "Node" can be clicked or dragged to its place. */
export function CanvasTools({ addNode }: { addNode: () => void }) {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  const canUndo = useWorkbench((state) => state.history.past.length > 0);
  const canRedo = useWorkbench((state) => state.history.future.length > 0);
  const painting = useWorkbench((state) => state.painting !== null);
  const empty = useWorkbench((state) => state.history.present.document.nodes.length === 0);
  return (
    <>
      <div role="toolbar" aria-label="Canvas" className="absolute top-2 left-2 z-10 flex max-w-[calc(100%-1rem)] flex-wrap items-center rounded-md border border-line bg-panel/95 p-0.5">
        <Button look="quiet" draggable onDragStart={(event) => event.dataTransfer.setData(NEW_NODE_MIME, "node")} onClick={addNode} data-testid="add-planned-node"><Plus size={14} />Node</Button>
        <IconButton label="Add a zone around what is chosen" keys={keysOf("canvas.group")} onClick={() => group(store)}><SquareDashed size={15} /></IconButton>
        <IconButton label="Arrange" keys={keysOf("canvas.arrange")} onClick={() => void tidy(store, flow)}><LayoutGrid size={15} /></IconButton>
        <AlignMenu />
        <IconButton label="Paint trust" keys={keysOf("canvas.trust")} aria-pressed={painting} onClick={() => store.setState({ painting: painting ? null : "untrusted" })} data-testid="paint-trust"><ShieldOff size={15} /></IconButton>
        <IconButton label="Undo" keys={keysOf("canvas.undo")} disabled={!canUndo} onClick={() => stepBack(store)}><Undo2 size={15} /></IconButton>
        <IconButton label="Redo" keys={keysOf("canvas.redo")} disabled={!canRedo} onClick={() => stepForward(store)}><Redo2 size={15} /></IconButton>
        <IconButton label="Find" keys={keysOf("canvas.find")} onClick={() => store.setState({ finding: true })}><Search size={15} /></IconButton>
        <IconButton label="Export as a file" onClick={() => void exportFile(store.getState().topologyId)}><Download size={15} /></IconButton>
        <SaveIndicator />
      </div>
      <TrustPaint />
      {empty && (
        <div className="pointer-events-none absolute inset-0 grid place-items-center p-6">
          <div className="pointer-events-auto max-w-sm rounded-lg border border-dashed border-line-strong bg-ground p-5">
            <p className="text-base font-medium">Nothing is drawn yet</p>
            <p className="mt-1 text-ink-2">Draw the nodes you plan (double-click, or N), or add a real one: it appears here by itself.</p>
            <div className="mt-3 flex gap-2"><Button look="primary" onClick={addNode}>Draw a node</Button><Link href="/nodes/add" className={buttonClass()}>Add a node</Link></div>
          </div>
        </div>
      )}
    </>
  );
}
