import type { PreflightCheck } from "../../server/policy/preflight.ts";
import { State, type Tone } from "../ui/State.tsx";

const TONES: Record<PreflightCheck["status"], [Tone, string]> = { ok: ["ok", "ok"], warn: ["warn", "look"], bad: ["bad", "fails"], waiting: ["busy", "waiting"] };

/** Whether a node is fit to serve, check by check, with what helps where one fails. */
export function Preflight({ checks }: { checks: readonly PreflightCheck[] }) {
  return (
    <ul aria-label="Checks">
      {checks.map((check) => {
        const [tone, word] = TONES[check.status];
        return (
          <li key={check.key} data-testid="preflight-check" data-check={check.key} data-status={check.status} className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 border-b border-line py-1.5 sm:grid-cols-[5.5rem_6.5rem_minmax(0,1fr)]">
            <State tone={tone}>{word}</State>
            <span className="font-medium">{check.title}</span>
            <span className="break-words text-ink-2 max-sm:col-start-2">{check.message}{check.fix && check.status !== "ok" && check.status !== "waiting" && <span className="block"><span className="text-ink-3">What helps: </span>{check.fix}</span>}</span>
          </li>
        );
      })}
    </ul>
  );
}
