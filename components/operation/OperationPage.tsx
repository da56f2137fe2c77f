"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type OperationRow } from "../api.ts";
import { Empty } from "../ui/Empty.tsx";
import { Page } from "../ui/Page.tsx";
import { shownError } from "../shown-error.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { OperationItem } from "./OperationItem.tsx";
import { operationTitle } from "./operation-words.ts";

/** Older ones are in the event log. */
const LISTED = 300;
const STATUSES = ["running", "succeeded", "failed", "cancelled"] as const;

/** The record of long work: what, who began it, when, and what came of it. */
export function OperationPage() {
  const [status, setStatus] = useState<OperationRow["status"] | "">("");
  const [text, setText] = useState("");
  const list = useQuery(api.operations.list.queryOptions({ limit: LISTED, ...(status === "" ? {} : { status }) }));
  const wanted = text.trim().toLowerCase();
  const shown = (list.data ?? []).filter((one) => wanted === "" || `${operationTitle(one)} ${one.createdBy} ${one.error?.message ?? ""}`.toLowerCase().includes(wanted));
  return (
    <Page title="Operations" lead="Long work: what it does, who began it, and what came of it." actions={<>
      <select className="field w-auto!" aria-label="Status" value={status} onChange={(event) => setStatus(event.target.value as typeof status)}><option value="">every status</option>{STATUSES.map((one) => <option key={one} value={one}>{one}</option>)}</select>
      <input className="field w-56!" placeholder="Filter by name or by who" aria-label="Filter operations" value={text} onChange={(event) => setText(event.target.value)} />
    </>}>
      {list.isPending && <Skeleton label="Loading operations" rows={8} />}
      {shownError(list) !== null && <Problem title="Operations could not be listed" error={list.error} retry={() => void list.refetch()} />}
      {list.data && shown.length === 0 && <Empty title={wanted || status ? "No operation matches" : "Nothing has run yet"}>{wanted || status ? "Clear the filter to see all." : "Imports, measurements, deployments, moves and drains appear here."}</Empty>}
      <ul className="max-w-4xl">{shown.map((one) => <OperationItem key={one.id} operation={one} />)}</ul>
    </Page>
  );
}
