import { preload } from "react-dom";
import { type EarlyPath, earlyAddress } from "./early-read.ts";

/** Tells the browser, in the page's first bytes, what the page will read. Draws nothing. */
export function EarlyRead({ reads }: { reads: readonly (readonly [path: EarlyPath, input?: { id: string }])[] }) {
  for (const [path, input] of reads) preload(earlyAddress(path, input), { as: "fetch", crossOrigin: "anonymous" });
  return null;
}
