import { State } from "../ui/State.tsx";
import type { LoadRunRow } from "../api.ts";
import { nsText, rateText, shareText } from "./load-words.ts";

/** What a run came to, in the list of runs. */
export function LoadRunResult({ run: { request, isValid, peakQps, targetNs, perSecond, accuracy } }: { run: LoadRunRow }) {
  if (request.what === "accuracy") {
    if (accuracy === null) return <State tone="bad">nothing asked</State>;
    return <><State tone={isValid ? "idle" : "warn"}>{shareText(accuracy.right / accuracy.asked)} right</State><span className="num block text-ink-2">{accuracy.right} of {accuracy.asked}, {shareText(accuracy.low)} – {shareText(accuracy.high)}</span></>;
  }
  return (
    <>
      {request.what === "run" ? <State tone={isValid ? "ok" : "bad"}>{isValid ? "VALID" : "INVALID"}</State> : <span className="num">{peakQps === null ? "–" : `peak ${rateText(peakQps)}`}</span>}
      <span className="num block text-ink-2">{nsText(targetNs)}{perSecond === null ? "" : `, ${rateText(perSecond)}`}</span>
    </>
  );
}
