// Owns how far back charts look; it is in the address.
import { useAddressParam } from "../shell/use-address-param.ts";
import { SPANS_MINUTES } from "./chart-window.ts";

const DEFAULT_MINUTES = 15;

export function useSpanMinutes(): [minutes: number, set: (minutes: number) => void] {
  const [asked, set] = useAddressParam("span");
  const minutes = SPANS_MINUTES.find((one) => one === Number(asked)) ?? DEFAULT_MINUTES;
  return [minutes, (next) => set(next === DEFAULT_MINUTES ? null : String(next), "replace")];
}
