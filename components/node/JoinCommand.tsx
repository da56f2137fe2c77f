"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { CopyText } from "../ui/CopyText.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Countdown } from "./Countdown.tsx";
import { INSTALL_OPTIONS, type InstallOptions, withOptions } from "./install-options.ts";

const EXPIRIES = [[900, "15 minutes"], [3600, "1 hour"], [86_400, "1 day"]] as const;
const POLL_MS = 1000;

/** Makes the line, shows it, and says who joined with it. */
export function JoinCommand({ onJoined }: { onJoined: (nodeId: string) => void }) {
  const make = useMutation(api.nodes.createJoinToken.mutationOptions({ onSuccess: (_, __, ___, { client }) => client.invalidateQueries(api.nodes.listJoinTokens.queryFilter()) }));
  const [options, setOptions] = useState<InstallOptions>({ foreground: false });
  const tokenId = make.data?.id ?? null;
  const tokens = useQuery(api.nodes.listJoinTokens.queryOptions({}, { enabled: tokenId !== null, refetchInterval: POLL_MS }));
  const joined = tokens.data?.find((token) => token.id === tokenId)?.usedByNodeId ?? null;
  useEffect(() => { if (joined) onJoined(joined); }, [joined, onJoined]);
  if (!make.data) return <TokenForm pending={make.isPending} error={make.error} make={(input) => make.mutate(input)} />;
  return (
    <div className="space-y-3">
      <div><p className="eyebrow mb-1">Install and run as a service</p><CopyText label="install command" text={withOptions(make.data.command, options)} /></div>
      <Options options={options} change={setOptions} />
      <details><summary className="text-ink-2">Run the agent from a checkout instead</summary><div className="mt-1"><CopyText label="agent command" text={make.data.agentCommand} /></div></details>
      <p className="text-ink-2">The token holds this console's fingerprint, so the machine trusts the right console from the first byte. It is shown only here, and works once.</p>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span role="status"><State tone="busy">waiting for it to join</State></span>
        <span className="text-ink-2">works for another <Countdown iso={make.data.expiresAt} over="the command has expired" /></span>
        <Button look="quiet" onClick={() => make.reset()}>Make another one</Button>
      </div>
    </div>
  );
}

function TokenForm({ pending, error, make }: { pending: boolean; error: unknown; make: (input: { expiresInSeconds: number; needsApproval: boolean; nodeName?: string }) => void }) {
  const [name, setName] = useState("");
  const [expiresInSeconds, setExpiry] = useState(3600);
  const [needsApproval, setApproval] = useState(true);
  return (
    <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); make({ expiresInSeconds, needsApproval, ...(name.trim() ? { nodeName: name.trim() } : {}) }); }}>
      <div className="grid gap-3 sm:grid-cols-2">
        <label className="block"><span className="eyebrow">Name</span><input className="field" value={name} onChange={(event) => setName(event.target.value)} placeholder="its host name" /></label>
        <label className="block"><span className="eyebrow">The command works once, for</span><select className="field" value={expiresInSeconds} onChange={(event) => setExpiry(Number(event.target.value))}>{EXPIRIES.map(([seconds, text]) => <option key={seconds} value={seconds}>{text}</option>)}</select></label>
      </div>
      <label className="flex items-start gap-2"><input type="checkbox" className="mt-1 accent-(--accent)" checked={needsApproval} onChange={(event) => setApproval(event.target.checked)} /><span>Ask me before it gets work<span className="block text-ink-3">It connects and is checked, but gets no model and no stage until it is approved.</span></span></label>
      {error !== null && <Problem title="No join command was made" error={error} />}
      <Button type="submit" look="primary" busy={pending}>Make the command</Button>
    </form>
  );
}

function Options({ options, change }: { options: InstallOptions; change: (options: InstallOptions) => void }) {
  return (
    <details>
      <summary className="text-ink-2">Options of the install</summary>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        {INSTALL_OPTIONS.map(({ flag, title, placeholder }) => <label key={flag} className="block"><span className="eyebrow">{title}</span><input className="field" value={options[flag] ?? ""} placeholder={placeholder} onChange={(event) => change({ ...options, [flag]: event.target.value })} /></label>)}
        <label className="flex items-center gap-2 self-end py-1"><input type="checkbox" checked={options.foreground} onChange={(event) => change({ ...options, foreground: event.target.checked })} />No service: run until Ctrl-C</label>
      </div>
    </details>
  );
}
