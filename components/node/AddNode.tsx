"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { api } from "../api.ts";
import { useAddressParam } from "../shell/use-address-param.ts";
import { buttonClass } from "../ui/Button.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { State } from "../ui/State.tsx";
import { ApproveNode } from "./ApproveNode.tsx";
import { FirstProfile } from "./FirstProfile.tsx";
import { JoinCommand } from "./JoinCommand.tsx";
import { Preflight } from "./Preflight.tsx";
import { UseNode } from "./UseNode.tsx";

const POLL_MS = 1000;

/** From a pasted line to a node that serves. Who has joined is in the address, so that a refresh goes on from there. */
export function AddNode() {
  const [nodeId, setNodeId] = useAddressParam("node");
  const node = useQuery({ ...api.nodes.get.queryOptions({ id: nodeId ?? "" }), enabled: nodeId !== null, refetchInterval: POLL_MS }).data;
  const approved = nodeId !== null && (node?.approvedAt ?? null) !== null;
  return (
    <Page title="Add a node" lead="One command, pasted on the machine. It needs Node 20 or newer and a way to reach this console; nothing has to reach it." actions={<Link href="/nodes" className={buttonClass("quiet")}>All nodes</Link>}>
      <ol className="max-w-3xl">
        <Step number={1} title="Join" open={nodeId === null} done={nodeId !== null}><JoinCommand onJoined={(id) => setNodeId(id, "replace")} /></Step>
        <Step number={2} title="Checks" open={nodeId !== null}>{nodeId && <Checks nodeId={nodeId} />}</Step>
        <Step number={3} title="Approval" open={nodeId !== null} done={approved}>{nodeId && <ApproveNode nodeId={nodeId} failing={node?.checks.filter((check) => check.status === "bad").length ?? 0} />}</Step>
        <Step number={4} title="First profile" open={approved}>{nodeId && <FirstProfile nodeId={nodeId} />}</Step>
        <Step number={5} title="Use it" open={approved}>{nodeId && <UseNode nodeId={nodeId} />}</Step>
      </ol>
      {nodeId && <p className="flex flex-wrap gap-2 pt-2"><Link href={`/nodes/${nodeId}`} className={buttonClass()}>See the node</Link><Link href="/nodes/add" className={buttonClass("quiet")}>Add another one</Link></p>}
    </Page>
  );
}

function Step({ number, title, open, done = false, children }: { number: number; title: string; open: boolean; done?: boolean; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-2 pb-6" aria-current={open && !done ? "step" : undefined}>
      <span aria-hidden className={`num grid size-6 place-items-center rounded-md text-xs ${open ? "bg-accent text-accent-ink" : "bg-line text-ink-2"}`}>{number}</span>
      <div className="min-w-0" data-focus-home>
        <h2 className={`flex items-baseline gap-3 border-b border-line pt-0.5 pb-1 text-sm font-medium ${open || done ? "" : "text-ink-3"}`}>{title}{done && <State tone="ok">done</State>}</h2>
        {open && <div className="pt-2">{children}</div>}
      </div>
    </li>
  );
}

function Checks({ nodeId }: { nodeId: string }) {
  const node = useQuery(api.nodes.get.queryOptions({ id: nodeId }, { refetchInterval: POLL_MS }));
  if (node.error) return <Problem title="The node could not be read" error={node.error} retry={() => void node.refetch()} />;
  if (!node.data) return <Skeleton rows={7} label="Loading the checks" />;
  const { name, checks } = node.data;
  const failing = checks.filter((check) => check.status === "bad").length;
  const waiting = checks.filter((check) => check.status === "waiting").length;
  return (
    <>
      <p role="status" className="mb-1 text-ink-2" data-testid="joined">{name} has joined. {failing > 0 ? `${failing} of ${checks.length} checks fail.` : waiting > 0 ? `${checks.length - waiting} of ${checks.length} checks are done.` : "It is fit to serve."}</p>
      <Preflight checks={checks} />
    </>
  );
}
