"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId, useRef, useState } from "react";
import { api, problemOf } from "../api.ts";
import { bytes, bytesPerSecond, digits, ms, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { toldProblem } from "../ui/notices.ts";

/** A topology from nothing, from a template or from a file. */
export function NewTopology() {
  const router = useRouter();
  const templates = useQuery(api.topologies.templates.queryOptions()).data ?? [];
  const [name, setName] = useState("");
  const [templateId, setTemplateId] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const startId = useId();
  const open = (one: { id: string }) => router.push(`/topologies/${one.id}`);
  const create = useMutation(api.topologies.create.mutationOptions({ onSuccess: open, onError: (error) => toldProblem("Creating the topology", error) }));
  const importing = useMutation(api.topologies.importFile.mutationOptions({ onSuccess: open }));
  const template = templates.find((one) => one.id === templateId);
  const read = async (chosen: File | undefined) => {
    if (chosen) importing.mutate({ text: await chosen.text(), ...(name.trim() ? { name: name.trim() } : {}) });
  };
  return (
    <section aria-label="New topology" className="mb-4">
      <form className="flex flex-wrap items-center gap-2" onSubmit={(event) => { event.preventDefault(); if (name.trim()) create.mutate({ name: name.trim(), ...(template ? { templateId } : {}) }); }}>
        <input className="field w-44!" aria-label="Name of the new topology" placeholder="Name, e.g. dock" value={name} onChange={(event) => setName(event.target.value)} />
        <label htmlFor={startId} className="text-ink-2">from</label>
        <select id={startId} className="field w-44!" data-testid="template" value={templateId} onChange={(event) => setTemplateId(event.target.value)}>
          <option value="">nothing</option>
          {templates.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
        <Button type="submit" look="primary" disabled={name.trim() === ""} busy={create.isPending}>New topology</Button>
        <Button busy={importing.isPending} onClick={() => file.current?.click()}>{importing.isPending ? "Reading…" : "Import a file…"}</Button>
        <input ref={file} type="file" hidden accept=".yaml,.yml,.json" data-testid="topology-file" onChange={(event) => { void read(event.target.files?.[0]); event.target.value = ""; }} />
      </form>
      {importing.error && <div className="mt-3" data-testid="import-problem"><Problem title="The file could not be imported" error={importing.error} />{problemOf(importing.error).code === "conflict" && <p className="mt-1 text-ink-2">A name typed above is used instead of the file’s.</p>}</div>}
      {template && <Assumptions template={template} />}
    </section>
  );
}

type Template = { name: string; description: string; document: { nodes: { id: string; name: string; speed?: number | null; memoryBytes?: number | null }[]; links: { id: string; fromId: string; toId: string; latencyMs?: number | null; bandwidthBytesPerSecond?: number | null; trust?: string }[] } };

function Assumptions({ template }: { template: Template }) {
  const nameOf = (id: string) => template.document.nodes.find((node) => node.id === id)?.name ?? id;
  return (
    <div className="mt-3 max-w-2xl rounded-md border border-line p-3" data-testid="template-assumptions">
      <p>{template.description}</p>
      <h2 className="eyebrow mt-2">Assumed, not measured</h2>
      <p className="text-xs text-ink-2">Typical figures for nodes and links of this kind. Change them to yours; a node of the fleet is measured instead.</p>
      <ul className="mt-2 grid gap-x-6 gap-y-0.5 text-xs sm:grid-cols-2">
        {template.document.nodes.map((node) => <li key={node.id} className="flex justify-between gap-2"><span>{node.name}</span><span className="num shrink-0 text-ink-2">≈ {digits(node.speed ?? 1)}× reference, {written(bytes(node.memoryBytes ?? null))}</span></li>)}
        {template.document.links.map((link) => <li key={link.id} className="flex justify-between gap-2"><span>{nameOf(link.fromId)} ↔ {nameOf(link.toId)}{link.trust === "untrusted" && " (untrusted)"}</span><span className="num shrink-0 text-ink-2">≈ {written(ms(link.latencyMs ?? null))}, {written(bytesPerSecond(link.bandwidthBytesPerSecond ?? null))}</span></li>)}
      </ul>
    </div>
  );
}
