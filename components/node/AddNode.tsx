"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { CopyText } from "../ui/CopyText.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

const EXPIRIES = [[900, "15 minutes"], [3600, "1 hour"], [86_400, "1 day"]] as const;

export function AddNode({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return <Dialog open={open} onOpenChange={onOpenChange} title="Add a node" description="One command, pasted on the machine. It needs Node 20 or newer and a way to reach this console; nothing has to reach it." testId="add-node">{open && <Form />}</Dialog>;
}

function Form() {
  const [name, setName] = useState("");
  const [expiresInSeconds, setExpiry] = useState(3600);
  const make = useMutation(api.nodes.createJoinToken.mutationOptions({ onSuccess: (_, __, ___, { client }) => client.invalidateQueries(api.nodes.listJoinTokens.queryFilter()) }));
  const before = useRef<Set<string> | null>(null);
  const nodes = useQuery(api.nodes.list.queryOptions()).data;
  if (before.current === null && nodes) before.current = new Set(nodes.map((node) => node.id));
  const joined = make.data ? (nodes ?? []).find((node) => !before.current?.has(node.id)) : undefined;
  if (!make.data) {
    return (
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); make.mutate({ expiresInSeconds, ...(name.trim() ? { nodeName: name.trim() } : {}) }); }}>
        <label className="block"><span className="eyebrow">Name</span><input className="field" value={name} onChange={(event) => setName(event.target.value)} placeholder="its host name" /></label>
        <label className="block"><span className="eyebrow">The command works once, for</span><select className="field" value={expiresInSeconds} onChange={(event) => setExpiry(Number(event.target.value))}>{EXPIRIES.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}</select></label>
        {make.error && <Problem title="No join command was made" error={make.error} />}
        <Button type="submit" look="primary" disabled={make.isPending}>Make the command</Button>
      </form>
    );
  }
  return (
    <div className="space-y-3">
      <div><p className="eyebrow mb-1">Install and run as a service</p><CopyText label="install command" text={make.data.command} /></div>
      <div><p className="eyebrow mb-1">Or run the agent from a checkout</p><CopyText label="agent command" text={make.data.agentCommand} /></div>
      <p className="text-ink-2">Works once, ends <Time iso={make.data.expiresAt} both />. The token holds this console's fingerprint, so the machine trusts the right console from the first byte.</p>
      <div role="status">{joined ? <State tone="ok">{joined.name} has joined</State> : <State tone="busy">waiting for it to join</State>}</div>
    </div>
  );
}
