import { shortDigest } from "../../server/planner/describe-inputs.ts";
import type { Parity } from "../../server/planner/plan.ts";
import { relativeError } from "../format.ts";
import { State } from "../ui/State.tsx";

/** How equal the cut model is to the whole one, on fixed inputs. */
export function ParityBadge({ parity }: { parity: Parity | null }) {
  return <span data-testid="parity" data-status={parity?.status ?? "none"} title={titleOf(parity)}>{badge(parity)}</span>;
}

function badge(parity: Parity | null) {
  if (parity === null) return <State tone="idle">parity: checked when you deploy</State>;
  switch (parity.status) {
    case "pending": return <State tone="busy">parity: comparing</State>;
    case "equal": return <State tone="ok">parity ✓ {parity.maxRelError === 0 ? "exact" : <span className="num">{relativeError(parity.maxRelError)}</span>}</State>;
    case "different": return <State tone="bad">parity ✗ <span className="num">{relativeError(parity.maxRelError)}</span></State>;
    case "structure-only": return <State tone="warn">structure only</State>;
    case "failed": return <State tone="bad">parity check failed</State>;
  }
}

function titleOf(parity: Parity | null): string {
  if (parity === null) return "The cut model is compared with the whole one when a plan is made of this draft.";
  switch (parity.status) {
    case "pending": return "Running the cut and the whole model on the same inputs.";
    case "structure-only": return `Each layer is there exactly once; the numbers were not compared: ${parity.reason}`;
    case "failed": return parity.message;
    default: return `Largest difference of any output against the whole model, relative, on ${parity.inputs}${parity.madeOn?.digest ? ` (sha-256 ${shortDigest(parity.madeOn.digest)})` : ""}. Tolerance ${relativeError(parity.tolerance)}.`;
  }
}
