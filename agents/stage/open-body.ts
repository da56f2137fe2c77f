// Owns the bodies of OPEN and OPENED frames, which come from another machine.

/** Body of an OPEN frame; its header's `value` is the number of frames the dialler takes before it grants more. */
export type OpenBody = { laneId: string; revisionId: string; epoch: number; role: "stage" | "ingress"; stageIndex: number; /** The dialler reads times in traces. */ hopTimes?: boolean };
/** Body of an OPENED frame. Older senders' is empty. */
type OpenedBody = { /** The sender reads traces in errors. */ errorTraces?: boolean };


/** null = not an OPEN body. */
export function parseOpen(body: Uint8Array): OpenBody | null {
  try {
    const open = JSON.parse(new TextDecoder().decode(body)) as Partial<OpenBody>;
    const good = typeof open.revisionId === "string" && typeof open.epoch === "number" && typeof open.stageIndex === "number" && (open.role === "stage" || open.role === "ingress");
    return good ? (open as OpenBody) : null;
  } catch {
    return null;
  }
}

export const openedBody = (): Uint8Array => new TextEncoder().encode(JSON.stringify({ errorTraces: true } satisfies OpenedBody));

/** Whatever else it says is of a later version. */
export function parseOpened(body: Uint8Array): { errorTraces: boolean } {
  try {
    return { errorTraces: (JSON.parse(new TextDecoder().decode(body)) as OpenedBody).errorTraces === true };
  } catch {
    return { errorTraces: false };
  }
}
