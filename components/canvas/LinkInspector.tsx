"use client";
import type { TopologyLink } from "../../server/topology/topology.ts";
import { bytesPerSecond, ms, written } from "../format.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import { Time } from "../ui/Time.tsx";
import { Choice, NumberField } from "./Field.tsx";
import { LinkConfidence } from "./LinkConfidence.tsx";
import { saveField } from "./save-field.ts";
import { useLiveLink } from "./use-live-link.ts";
import { showConflict, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** Bytes per second → Mbit/s, as links are sold. */
const TO_MEGABITS = 8e-6;
const TRUST = [["trusted", "trusted"], ["untrusted", "untrusted: nothing sensitive"]] as const;

export function LinkInspector({ link }: { link: TopologyLink }) {
  const store = useWorkbenchStore();
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const [from, to] = [nodes.find((node) => node.id === link.fromId), nodes.find((node) => node.id === link.toId)];
  const { measured: live, key, bytesPerSecond: traffic } = useLiveLink(from?.nodeId ?? null, to?.nodeId ?? null, link.bidirectional);
  const age = useStale({ link: key });
  const stale = age !== null;
  const measurable = from?.nodeId != null && to?.nodeId != null;
  const name = `${from?.name} ${link.bidirectional ? "↔" : "→"} ${to?.name}`;
  const save = (change: Partial<Omit<TopologyLink, "id">>) => saveField(store, { kind: "link", item: link }, name, change);
  const clash = (field: keyof TopologyLink) => (ours: number | null, theirs: number | null) => showConflict(store, { kind: "link", id: link.id, name, field, ours, theirs, kept: "theirs" });
  return (
    <>
      <h2 className="eyebrow mb-1">Link</h2>
      <p className="mb-3 font-medium">{name}</p>
      {measurable && (
        <dl className="mb-3 grid grid-cols-[7rem_1fr] gap-y-0.5 border-y border-line py-2 text-xs">
          <dt className="text-ink-3">round trip</dt><dd><Figure figure={ms(live?.rttMs)} stale={stale} /> {live && <span className="text-ink-3">± {written(ms(live.rttSdMs))}</span>}</dd>
          <dt className="text-ink-3">bandwidth</dt><dd><Figure figure={bytesPerSecond(live?.bandwidthBytesPerSecond)} stale={stale} /> {live?.spread?.bandwidthSdBytesPerSecond !== undefined && <span className="text-ink-3">± {bytesPerSecond(live.spread.bandwidthSdBytesPerSecond).text}</span>}</dd>
          {live?.spread?.trafficBytesPerSecond !== undefined && <><dt className="text-ink-3">in traffic</dt><dd><Figure figure={bytesPerSecond(live.spread.trafficBytesPerSecond)} /> <span className="text-ink-3">fastest recent frame</span></dd></>}
          <dt className="text-ink-3">traffic now</dt><dd><Figure figure={bytesPerSecond(live || traffic > 0 ? traffic : null)} stale={stale} /></dd>
          <dt className="text-ink-3">measured</dt><dd className="flex gap-2">{live ? <Time iso={live.measuredAt} /> : "not yet"}<StaleMark age={age} /></dd>
          {live && <><dt className="text-ink-3">confidence</dt><dd><LinkConfidence link={live} /></dd></>}
        </dl>
      )}
      <NumberField label="Latency, one way" unit="ms" value={link.latencyMs} placeholder={measurable ? "measured" : "0"} save={(latencyMs) => save({ latencyMs })} clash={clash("latencyMs")} />
      <NumberField label="Bandwidth" unit="Mbit/s" scale={TO_MEGABITS} allowZero={false} value={link.bandwidthBytesPerSecond} placeholder={measurable ? "measured" : "not known"} save={(bandwidthBytesPerSecond) => save({ bandwidthBytesPerSecond })} clash={clash("bandwidthBytesPerSecond")} hint={measurable ? "Leave empty to plan with what is measured." : undefined} />
      <NumberField label="Price of traffic" unit="per GB" value={link.pricePerGigabyte ?? null} placeholder="nothing" save={(pricePerGigabyte) => save({ pricePerGigabyte })} clash={clash("pricePerGigabyte")} />
      <Choice label="Trust" value={link.trust} options={TRUST} save={(trust) => save({ trust: trust === "untrusted" ? "untrusted" : "trusted" })} />
      <label className="flex items-center gap-2"><input type="checkbox" className="accent-(--accent)" checked={link.bidirectional} onChange={(event) => save({ bidirectional: event.target.checked })} />Both directions alike</label>
    </>
  );
}
