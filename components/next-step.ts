// Owns what an error tells its reader to do where the server did not say it. Pure.

const STEPS: Readonly<Record<string, string>> = {
  "bad-request": "Correct what is named and send it again.",
  unauthorized: "Sign in again.",
  forbidden: "Ask for a credential that may do this.",
  "not-found": "It may have been deleted meanwhile. Look in the list of what there is.",
  conflict: "Something changed meanwhile. Look at it as it is now, then try again.",
  gone: "It is no longer kept. Start anew.",
  "too-large": "Send less at once, or a smaller file.",
  "too-many": "Wait a moment, then try again.",
  cancelled: "Start it again when you want it.",
  internal: "Try again. If it stays so, the console’s own log tells more.",
  unavailable: "Try again in a moment.",
  "disk-full": "Free some space on the console’s disk, then try again.",
};

export const nextStep = (code: string): string | null => STEPS[code] ?? null;
