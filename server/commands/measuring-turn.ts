// Owns whose turn it is to put load on the fleet: two at once would measure each other, so there is one in a console.
import { AppError } from "../errors.ts";

let holder: string | null = null;

/** Returns the way to give it back, which may be called again without effect. @throws AppError too-many */
export function takeMeasuringTurn(what: "load run" | "analysis"): () => void {
  if (holder !== null) throw new AppError("too-many", `${holder === "load run" ? "Another load run" : "An analysis"} is under way: two at once would measure each other.`, { fix: "Wait for its end, or cancel it." });
  holder = what;
  let isHeld = true;
  return () => {
    if (isHeld) holder = null;
    isHeld = false;
  };
}
