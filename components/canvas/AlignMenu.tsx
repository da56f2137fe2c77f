"use client";
import { AlignStartVertical } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Alignment } from "./align-nodes.ts";
import { align, duplicate } from "./use-canvas-keys.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** First letters differ: the menu is also typed ("A", then "L"). */
const WAYS: readonly (readonly [Alignment, string])[] = [["left", "Left edges"], ["centre", "Centres, one column"], ["right", "Right edges"], ["top", "Top edges"], ["middle", "Middles, one row"], ["bottom", "Bottom edges"], ["spread-across", "Space evenly across"], ["spread-down", "Even gaps down"]];

/** What can be done with several cards at once. */
export function AlignMenu() {
  const store = useWorkbenchStore();
  const open = useWorkbench((state) => state.aligning);
  const count = useWorkbench((state) => state.several.filter((id) => state.history.present.document.nodes.some((node) => node.id === id)).length);
  return (
    <DropdownMenu.Root open={open && count > 1} onOpenChange={(aligning) => store.setState({ aligning })}>
      <DropdownMenu.Trigger aria-label="Align the chosen nodes" title="Align the chosen nodes (A)" disabled={count < 2} data-testid="align" className="grid size-7 shrink-0 place-items-center rounded-md text-ink-2 hover:bg-accent-wash hover:text-ink disabled:opacity-35"><AlignStartVertical size={15} /></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="start" sideOffset={4} aria-label="Align" className="z-50 min-w-48 rounded-md border border-line-strong bg-panel p-1 text-sm shadow-[var(--shadow)]">
          {WAYS.map(([how, text]) => <DropdownMenu.Item key={how} disabled={how.startsWith("spread") && count < 3} onSelect={() => align(store, how)} className="cursor-pointer rounded-sm px-2 py-1 outline-none data-[disabled]:opacity-40 data-[highlighted]:bg-accent-wash">{text}</DropdownMenu.Item>)}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item onSelect={() => duplicate(store)} className="cursor-pointer rounded-sm px-2 py-1 outline-none data-[highlighted]:bg-accent-wash">Duplicate <kbd className="num ml-2 text-xs text-ink-3">Ctrl D</kbd></DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
