import type { Tone } from "../ui/State.tsx";

/** A node's state as tone and word; "planned" = drawn, no machine. */
export function nodeState(node: { status: "online" | "connecting" | "late" | "lost"; cordoned: boolean; approvedAt: string | null } | null): { tone: Tone; word: string } {
  if (node === null) return { tone: "idle", word: "planned" };
  if (node.status === "lost") return { tone: "bad", word: "lost" };
  if (node.status === "late") return { tone: "warn", word: "late" };
  if (node.status === "connecting") return { tone: "busy", word: "connecting" };
  if (node.approvedAt === null) return { tone: "warn", word: "to approve" };
  return node.cordoned ? { tone: "warn", word: "cordoned" } : { tone: "ok", word: "online" };
}
