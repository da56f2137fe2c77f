"use client";
import { useQuery } from "@tanstack/react-query";
import { api, type MigrationRow } from "../api.ts";
import { bytes } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";

/** What a move brought over the network, what had been predicted, and who gave it to whom. */
export function MovedBytes({ move: { moved, predictedBytes } }: { move: Pick<MigrationRow, "moved" | "predictedBytes"> }) {
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const nameOf = (id: string | null) => (id === null ? "the console" : (nodes.find((node) => node.id === id)?.name ?? id));
  if (moved === null) return null;
  return (
    <>
      <Figure figure={bytes(moved.reduce((sum, one) => sum + one.bytes, 0))} /> moved{predictedBytes !== null && <>, <Figure figure={bytes(predictedBytes)} kind="predicted" /> predicted</>}
      {moved.map((one) => <span key={`${one.fromNodeId} ${one.toNodeId}`} className="ml-2 inline-block" data-testid="giver"><Figure figure={bytes(one.bytes)} /> {nameOf(one.fromNodeId)} → {nameOf(one.toNodeId)}</span>)}
    </>
  );
}
