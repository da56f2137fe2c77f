// Owns how far back charts look, and the part of it they show; both are in the address.
import { setAddressParams, useAddressParam } from "../shell/use-address-param.ts";
import type { Span } from "./chart-window.ts";
import { DEFAULT_MINUTES, minutesOf, readZoom, writeZoom } from "./span-address.ts";

export type ShownSpan = { minutes: number; zoom: Span | null; /** Another span shows all of itself. */ setMinutes: (minutes: number) => void; /** Null = all of it. `isStep`: one of many, as of a key that is held; Back skips them. */ setZoom: (zoom: Span | null, isStep?: boolean) => void };

export function useShownSpan(): ShownSpan {
  const [span] = useAddressParam("span");
  const [zoomed] = useAddressParam("zoom");
  const zoom = readZoom(zoomed);
  return {
    minutes: minutesOf(span, zoom, Date.now()), zoom,
    setMinutes: (minutes) => setAddressParams({ span: minutes === DEFAULT_MINUTES ? null : String(minutes), zoom: null }),
    setZoom: (next, isStep = false) => setAddressParams({ zoom: next === null ? null : writeZoom(next) }, isStep && zoomed !== null ? "replace" : "push"),
  };
}
