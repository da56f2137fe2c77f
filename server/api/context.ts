// Owns what a procedure knows of its caller and of the console around it.
import type { Actor } from "../commands/deps.ts";
import type { DoorDeps } from "../deps.ts";

export type Context = {
  deps: DoorDeps;
  actor: Actor;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
};
