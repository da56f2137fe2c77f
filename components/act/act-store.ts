// Owns which action the user has asked for and not yet confirmed. One dialog for the whole console shows it, so that it can be asked for anywhere:
// a button, a card of the canvas, the command palette.
import { create } from "zustand";
import type { DeploymentAction } from "../../server/policy/preview-deployment.ts";
import type { NodeAction } from "../../server/policy/preview-node.ts";

export type WantedAction =
  | { on: "deployment"; id: string; name: string; action: DeploymentAction; toRevision?: number; /** The revision that was seen serving. */ expectedRevision?: number; onDone?: () => void }
  | { on: "node"; id: string; name: string; action: NodeAction | "drain"; onDone?: () => void }
  | { on: "credential"; action: "revoke"; id: string; name: string; kind: "admin" | "inference"; deploymentName: string | null; onDone?: () => void }
  | { on: "topology"; action: "delete"; id: string; name: string; nodeCount: number; linkCount: number; onDone?: () => void };

export const useAct = create<{ wanted: WantedAction | null }>(() => ({ wanted: null }));
export const wantAction = (wanted: WantedAction): void => useAct.setState({ wanted });
export const leaveAction = (): void => useAct.setState({ wanted: null });
