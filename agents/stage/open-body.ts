// Owns reading the body of an OPEN frame, which comes from another machine.
import type { OpenBody } from "./dial-link.ts";

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
