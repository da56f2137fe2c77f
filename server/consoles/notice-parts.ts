// Owns how messages between consoles travel through PostgreSQL's NOTIFY: many messages are one compressed text, cut into payloads short enough for it.
// Listeners hear a sender's payloads in order; a text of which a part is missing is dropped whole.
//
//   payload = <console id> "." <text number> "." <part> "." <parts> ":" base64(deflate(JSON of PeerMessage[]))
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { PeerMessage } from "../live/peer-message.ts";

/** PostgreSQL takes less than 8000 bytes a payload. */
const MAX_DATA_CHARACTERS = 7_800;
/** Of one text: more than a thousand whole reports. */
export const MAX_TEXT_BYTES = 32 * 1024 * 1024;

export function toPayloads(consoleId: string, number: number, messages: readonly PeerMessage[]): string[] {
  const data = deflateRawSync(JSON.stringify(messages), { level: 1 }).toString("base64");
  const parts = Math.ceil(data.length / MAX_DATA_CHARACTERS);
  return Array.from({ length: parts }, (_, part) => `${consoleId}.${number}.${part}.${parts}:${data.slice(part * MAX_DATA_CHARACTERS, (part + 1) * MAX_DATA_CHARACTERS)}`);
}

export type Heard = { from: string; messages: PeerMessage[] };

/** `hear` answers with a text's messages once its last part is there. Own ones are passed over. */
export function createPayloadReader(me: string): { hear(payload: string): Heard | null; forget(consoleId: string): void } {
  const open = new Map<string, { number: string; next: number; data: string }>();
  return {
    hear(payload) {
      const colon = payload.indexOf(":");
      const [from = "", number = "", part = "", parts = ""] = payload.slice(0, colon).split(".");
      if (colon < 0 || from === me || from === "") return null;
      const begun = part === "0" ? { number, next: 0, data: "" } : open.get(from);
      if (!begun || begun.number !== number || begun.next !== Number(part) || begun.data.length > MAX_TEXT_BYTES) {
        open.delete(from);
        return null;
      }
      const grown = { number, next: begun.next + 1, data: begun.data + payload.slice(colon + 1) };
      if (grown.next < Number(parts)) {
        open.set(from, grown);
        return null;
      }
      open.delete(from);
      return { from, messages: messagesOf(grown.data) };
    },
    forget: (consoleId) => void open.delete(consoleId),
  };
}

/** What another version of the console says is passed over where it is not understood. */
function messagesOf(data: string): PeerMessage[] {
  try {
    const value: unknown = JSON.parse(inflateRawSync(Buffer.from(data, "base64"), { maxOutputLength: MAX_TEXT_BYTES }).toString("utf8"));
    return Array.isArray(value) ? (value as PeerMessage[]) : [];
  } catch {
    return [];
  }
}
