// Owns saying what came of the operations this tab began, wherever the user is by then.
import { useEffect } from "react";
import type { OperationRow } from "../api.ts";
import { told, useNotices } from "../ui/notices.ts";
import { outcomeText } from "./operation-words.ts";
import { isFollowed, unfollowOperation } from "./own-operations.ts";

export function useToldOutcomes(operations: readonly OperationRow[] | undefined): void {
  useEffect(() => {
    for (const operation of operations ?? []) {
      const text = outcomeText(operation);
      if (text === null || !isFollowed(operation.id)) continue;
      unfollowOperation(operation.id);
      if (operation.status === "succeeded") told(text);
      else useNotices.setState((state) => ({ notices: [...state.notices, { id: Date.now(), tone: operation.status === "failed" ? "bad" : "ok", text, fix: operation.error?.fix ?? null }] }));
    }
  }, [operations]);
}
