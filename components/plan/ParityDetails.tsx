import { describeInputs, shortDigest } from "../../server/planner/describe-inputs.ts";
import type { Parity } from "../../server/planner/plan.ts";
import { relativeError } from "../format.ts";
import { Time } from "../ui/Time.tsx";

type Props = { parity: Parity | null; /** Of the model's sample now; null = it has none; absent = not asked. */ sampleDigest?: string | null };

/** What the parity figure was made on, and the figure of each output. */
export function ParityDetails({ parity, sampleDigest }: Props) {
  if (parity === null || parity.status === "pending") return <>–</>;
  if (parity.status === "structure-only") return <>{parity.reason}</>;
  if (parity.status === "failed") return <>{parity.message}</>;
  const { madeOn } = parity;
  const isOld = madeOn !== undefined && sampleDigest !== undefined && sampleDigest !== null && madeOn.digest !== sampleDigest && madeOn.note === null;
  return (
    <div className="max-w-prose space-y-0.5" data-testid="parity-details">
      <p>on {madeOn ? describeInputs(madeOn) : parity.inputs}{madeOn?.digest && <span className="num text-ink-3" title={`${madeOn.fileName}, sha-256 ${madeOn.digest}`}> {shortDigest(madeOn.digest)}</span>}, tolerance <span className="num">{relativeError(parity.tolerance)}</span>, <Time iso={parity.checkedAt} /></p>
      {isOld && <p className="text-warn">The model has another sample now; this figure was made on the one before.</p>}
      {madeOn?.note && <p className="text-warn">{madeOn.note}</p>}
      <details><summary>per output</summary><ul>{parity.perOutput.map((one) => <li key={one.name} className="num text-xs break-all">{one.name} {relativeError(one.maxRelError)}</li>)}</ul></details>
    </div>
  );
}
