"use client";
import { Pin, PinOff } from "lucide-react";
import { editRequest, useDrawing, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { layersText } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { pinLayers } from "./request-edit.ts";

/** Pins the chosen layers to the node where they lie, or lets them go. */
export function KeepHere() {
  const store = useWorkbenchStore();
  const chosen = useWorkbench((state) => state.layers);
  const { placement } = useDrawing();
  const request = useRequest();
  if (chosen === null) return null;
  const pinned = request.pins?.some((pin) => pin.from <= chosen.from && pin.to >= chosen.to) ?? false;
  const on = placement.find((stage) => stage.from <= chosen.from && stage.to >= chosen.to)?.topologyNodeId ?? null;
  if (pinned) return <Button look="quiet" onClick={() => editRequest(store, (now) => pinLayers(now, chosen, null))} data-testid="let-go"><PinOff size={13} />Let go</Button>;
  return <Button look="quiet" disabled={on === null} title={on === null ? "Place them on one node first" : `Plans leave ${layersText(chosen)} where they are`} onClick={() => { if (on !== null) editRequest(store, (now) => pinLayers(now, chosen, on)); }} data-testid="keep-here"><Pin size={13} />Keep here</Button>;
}
