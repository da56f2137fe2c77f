"use client";
import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import Link from "next/link";
import { Popover } from "radix-ui";
import { useState } from "react";
import { api } from "../api.ts";
import { shownError } from "../shown-error.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { OperationItem } from "./OperationItem.tsx";
import { useToldOutcomes } from "./use-told-outcomes.ts";

const LISTED = 40;
/** Finished ones under those that run. */
const FINISHED_SHOWN = 6;

/** What runs long, from every page and after a reload: the server's list, followed live. */
export function OperationTray() {
  const [open, setOpen] = useState(false);
  const list = useQuery(api.operations.list.queryOptions({ limit: LISTED }));
  useToldOutcomes(list.data);
  const running = list.data?.filter((one) => one.status === "running") ?? [];
  const finished = list.data?.filter((one) => one.status !== "running").slice(0, FINISHED_SHOWN) ?? [];
  const label = running.length === 0 ? "Operations, none running" : `Operations, ${running.length} running`;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger aria-label={label} title={label} data-testid="operations" className="relative grid h-7 min-w-7 shrink-0 place-items-center rounded-md text-ink-2 hover:bg-accent-wash hover:text-ink">
        <ListChecks size={15} />
        {running.length > 0 && <span aria-hidden className="num absolute -top-0.5 -right-0.5 grid h-3.5 min-w-3.5 place-items-center rounded-full bg-accent px-0.5 text-[0.6rem] leading-none font-medium text-accent-ink" data-testid="operations-running">{running.length}</span>}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} collisionPadding={8} aria-label="Operations" data-testid="operation-tray" className="z-40 flex max-h-[min(36rem,80dvh)] w-[min(26rem,calc(100vw-1rem))] flex-col rounded-lg border border-line-strong bg-panel shadow-[var(--shadow)]">
          <div className="flex items-baseline justify-between gap-3 border-b border-line px-3 py-2">
            <h2 className="text-sm font-medium">Operations</h2>
            <Link href="/operations" onClick={() => setOpen(false)} className="text-xs underline underline-offset-4">all of them</Link>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-3">
            {shownError(list) !== null && <div className="py-3"><Problem title="Operations could not be listed" error={list.error} retry={() => void list.refetch()} /></div>}
            {list.isPending && <Skeleton label="Loading operations" rows={3} />}
            {list.data && running.length === 0 && <p className="py-2 text-ink-2">Nothing runs now.</p>}
            {running.length > 0 && <ul aria-label="Running">{running.map((one) => <OperationItem key={one.id} operation={one} onLeave={() => setOpen(false)} />)}</ul>}
            {finished.length > 0 && <><h3 className="eyebrow border-t border-line pt-2">Ended last</h3><ul>{finished.map((one) => <OperationItem key={one.id} operation={one} onLeave={() => setOpen(false)} />)}</ul></>}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
