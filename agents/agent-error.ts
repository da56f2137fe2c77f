// Owns the errors an operator of a node reads: one sentence, a closed set of codes, and whether trying again can help.

/** What the process exits with. systemd restarts on all of them; `identity` and `usage` come back with the same message until someone acts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, identity: 3, folder: 4, check: 5 } as const;

export type AgentErrorCode =
  | "usage" | "folder" | "token-malformed" | "token-refused" | "ca-mismatch" | "identity-missing" | "identity-expired" | "identity-refused"
  | "identity-corrupt" | "console-unreachable" | "console-refused" | "version" | "digest-mismatch" | "disk-full" | "artifact-missing" | "bad-desired";

const EXIT_OF: Partial<Record<AgentErrorCode, number>> = {
  usage: EXIT.usage, folder: EXIT.folder, "token-malformed": EXIT.usage, "token-refused": EXIT.identity, "ca-mismatch": EXIT.identity,
  "identity-missing": EXIT.identity, "identity-corrupt": EXIT.identity, version: EXIT.identity,
};

/** `retry` tells loops whether the same attempt may succeed later. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly retry: boolean;
  constructor(code: AgentErrorCode, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "AgentError";
    this.code = code;
    this.retry = options.retry ?? false;
  }
  get exitCode(): number {
    return EXIT_OF[this.code] ?? EXIT.failed;
  }
}

/** The sentence of any thrown value. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}
