import { useStoreApi } from "@xyflow/react";
import { useEffect } from "react";
import { labelScale, unzoomOf } from "./label-scale.ts";
import { textScale } from "./text-scale.ts";

/** Keeps `--label-scale` and `--unzoom` on the canvas. No component draws again for it. */
export function useLabelScale(): void {
  const store = useStoreApi();
  useEffect(() => {
    const scaleOfText = textScale();
    const set = () => {
      const { domNode, transform } = store.getState();
      const scale = `${labelScale(transform[2], scaleOfText)}`;
      const unzoom = `${unzoomOf(transform[2])}`;
      if (domNode && domNode.style.getPropertyValue("--label-scale") !== scale) domNode.style.setProperty("--label-scale", scale);
      if (domNode && domNode.style.getPropertyValue("--unzoom") !== unzoom) domNode.style.setProperty("--unzoom", unzoom);
    };
    set();
    return store.subscribe(set);
  }, [store]);
}
