"use client";
import { Dialog } from "../ui/Dialog.tsx";
import { leaveAction, useAct, type WantedAction } from "./act-store.ts";
import { DeploymentBody } from "./DeploymentBody.tsx";
import { DrainBody } from "./DrainBody.tsx";
import { FactsBody } from "./FactsBody.tsx";
import { NodeBody } from "./NodeBody.tsx";

/** The one dialog of every action: first what would happen, then the button. */
export function ActHost() {
  const wanted = useAct((state) => state.wanted);
  const isWide = wanted !== null && (wanted.action === "drain" || wanted.action === "roll-back");
  return (
    <Dialog open={wanted !== null} onOpenChange={(open) => { if (!open) leaveAction(); }} title={wanted ? titleOf(wanted) : ""} wide={isWide} testId="act-dialog">
      {wanted && <Body key={`${wanted.on}/${wanted.id}/${wanted.action}`} wanted={wanted} />}
    </Dialog>
  );
}

function Body({ wanted }: { wanted: WantedAction }) {
  if (wanted.on === "deployment") return <DeploymentBody wanted={wanted} close={leaveAction} />;
  if (wanted.on !== "node") return <FactsBody wanted={wanted} close={leaveAction} />;
  return wanted.action === "drain" ? <DrainBody wanted={wanted} close={leaveAction} /> : <NodeBody wanted={wanted} action={wanted.action} close={leaveAction} />;
}

function titleOf({ action, name }: WantedAction): string {
  const verb = { stop: "Stop", start: "Start", "roll-back": "Roll back", delete: "Delete", cordon: "Cordon", uncordon: "Uncordon", remove: "Remove", drain: "Drain", revoke: "Revoke" }[action];
  return `${verb} ${name}?`;
}
