"use client";
import Link from "next/link";
import { useMemo } from "react";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { State } from "../ui/State.tsx";
import { attentionOnCanvas } from "./attention.ts";
import { useAttention } from "./use-attention.ts";

/** More at once would hide the canvas; the overview has all of them. */
const SHOWN_MAX = 3;

/** What of this deployment needs attention, above its canvas; each leads to the drawn thing or the tab that shows it. Nothing when all is well. */
export function Callouts({ deploymentId }: { deploymentId: string }) {
  const { items } = useAttention();
  const document = useWorkbench((state) => state.history.present.document);
  // A move has its own steps right below.
  const shown = useMemo(() => attentionOnCanvas(items ?? [], deploymentId, document).filter((item) => item.word !== "moving"), [items, deploymentId, document]);
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Needs attention" data-testid="callouts" className="border-b border-line bg-panel px-3">
      {shown.slice(0, SHOWN_MAX).map((item) => (
        <li key={item.key} className="flex flex-wrap items-center gap-x-3 border-b border-line py-1 last:border-b-0">
          <State tone={item.tone}>{item.word}</State><span className="min-w-0 flex-1 break-words">{item.text}</span>
          <Link href={item.href} className="underline decoration-line-strong underline-offset-4 hover:decoration-accent">{item.action}</Link>
        </li>
      ))}
      {shown.length > SHOWN_MAX && <li className="py-1 text-xs text-ink-2">and {shown.length - SHOWN_MAX} more, <Link href="/" className="underline underline-offset-4">all of them</Link></li>}
    </ul>
  );
}
