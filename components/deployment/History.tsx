"use client";
import Link from "next/link";
import { wantAction } from "../act/act-store.ts";
import type { DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { State } from "../ui/State.tsx";
import { MovedBytes } from "./MovedBytes.tsx";
import { Time } from "../ui/Time.tsx";

/** Every revision: why it was made, by whom, when; and the way back to it. */
export function History({ deployment }: { deployment: DeploymentFull }) {
  const { id, name, currentRevision, migration } = deployment;
  const isMoving = migration !== null && migration.finishedAt === null;
  const canGoBack = deployment.desired === "running" && !isMoving;
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full" data-testid="history">
        <thead><tr><th>Revision</th><th>State</th><th>Why</th><th>By</th><th>Made</th><th>Brought over the network</th><th>Plan</th><th><span className="sr-only">Actions</span></th></tr></thead>
        <tbody>
          {deployment.revisions.map((one) => {
            const isCurrent = one.id === currentRevision?.id;
            const isComing = isMoving && one.id === migration.toRevisionId && !isCurrent;
            return (
              <tr key={one.id} data-testid="history-row" data-revision={one.number}>
                <td className="num font-medium">{one.number}</td>
                <td>{isCurrent ? <State tone="ok">serves</State> : isComing ? <State tone="busy">{migration.state}</State> : <State tone="idle">{one.retiredAt ? "retired" : "never served"}</State>}</td>
                <td className="max-w-96">{one.reason}</td>
                <td className="num text-xs text-ink-2">{one.createdBy}</td>
                <td className="text-ink-2"><Time iso={one.createdAt} both /></td>
                <td className="text-xs text-ink-2">{one.move?.moved ? <MovedBytes move={one.move} /> : "–"}</td>
                <td><Link href={`/plans?a=${one.planId}`} className="underline underline-offset-4">look</Link></td>
                <td className="text-right">{!isCurrent && !isComing && canGoBack && <Button look="quiet" aria-label={`Roll back to revision ${one.number}`} onClick={() => wantAction({ on: "deployment", id, name, action: "roll-back", toRevision: one.number, expectedRevision: currentRevision?.number ?? 0 })}>Roll back…</Button>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
