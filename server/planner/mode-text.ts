// Owns what a mode is called on the screen and in sentences.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import { DEFAULT_SESSION } from "./default-session.ts";

/** Only what differs from the default is named beside the threads. */
export function modeText(session: SessionOptions | undefined): string {
  const { intraOpThreads, optimization, provider } = session ?? DEFAULT_SESSION;
  const rest = [optimization === DEFAULT_SESSION.optimization ? [] : `${optimization} optimisation`, provider === DEFAULT_SESSION.provider ? [] : provider].flat();
  return [`${intraOpThreads} thread${intraOpThreads === 1 ? "" : "s"}`, ...rest].join(", ");
}
