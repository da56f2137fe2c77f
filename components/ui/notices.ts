// Owns the short messages at the foot of the screen: outcomes of what the user just did.
import { create } from "zustand";
import { problemOf } from "../api.ts";

const SHOWN_MS = 6000;
const NOTICES_MAX = 4;
export type NoticeText = { id: number; tone: "ok" | "bad"; text: string; fix: string | null };

let nextId = 1;
export const useNotices = create<{ notices: NoticeText[] }>(() => ({ notices: [] }));
export const dismiss = (id: number) => useNotices.setState((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) }));

function show(tone: NoticeText["tone"], text: string, fix: string | null): void {
  const id = nextId++;
  useNotices.setState((state) => ({ notices: [...state.notices, { id, tone, text, fix }].slice(-NOTICES_MAX) }));
  if (tone === "ok") setTimeout(() => dismiss(id), SHOWN_MS);
}
export const told = (text: string): void => show("ok", text, null);
/** `what` completes "… failed": "Saving the topology". */
export function toldProblem(what: string, error: unknown): void {
  const problem = problemOf(error);
  show("bad", `${what} failed: ${problem.message}`, problem.fix);
}
