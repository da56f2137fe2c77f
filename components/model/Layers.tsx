"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { api, type ModelFull } from "../api.ts";
import { setAddressParams } from "../shell/use-address-param.ts";
import { useAddressSearch } from "../shell/use-address-search.ts";
import { Section } from "../ui/Page.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { LayerTable } from "./LayerTable.tsx";

const LayerGraph = dynamic(() => import("./LayerGraph.tsx").then((file) => file.LayerGraph), { loading: () => <Skeleton rows={9} label="Loading the graph" /> });
const VIEWS = ["table", "graph"] as const;

/** The layers, as a table to read or as a graph to walk; which, and the chosen layer, is in the address. */
export function Layers({ model }: { model: ModelFull }) {
  const { facts } = model;
  const search = new URLSearchParams(useAddressSearch());
  const view = search.get("view") === "graph" ? "graph" : "table";
  const profiles = useQuery(api.models.profiles.queryOptions({ id: model.id }, { enabled: view === "graph" })).data ?? [];
  const show = (next: (typeof VIEWS)[number]) => setAddressParams({ view: next === "graph" ? next : null, layer: null });
  return (
    <Section title="Layers" aside={`computed at ${Object.entries(facts.dimensionValues).map(([name, value]) => `${name} = ${value}`).join(", ") || "fixed shapes"}`}>
      <fieldset aria-label="Show the layers as" className="mb-2 inline-flex rounded-md border border-line-strong">
        {VIEWS.map((one) => <button key={one} type="button" aria-pressed={one === view} onClick={() => show(one)} className="h-7 px-3 text-ink-2 first:border-r first:border-line-strong hover:text-ink aria-pressed:bg-accent-wash aria-pressed:text-ink">{one}</button>)}
      </fieldset>
      {view === "table" ? <LayerTable facts={facts} /> : <LayerGraph facts={facts} profiles={profiles} chosen={Number(search.get("layer") ?? 1) - 1 || 0} choose={(index) => setAddressParams({ layer: String(index + 1) }, "replace")} />}
    </Section>
  );
}
