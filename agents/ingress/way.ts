// Owns what an infer request is served with beside itself: who waits for it and until when, who asks, and what of this machine it may use.
import type { Access } from "./find-model.ts";
import type { Gone } from "./gone.ts";
import type { ClientRegions } from "./shared-memory/shared-regions.ts";
import type { Turns } from "./shared-memory/turns.ts";
import type { GivenTrace } from "./trace-context.ts";

export type Way = {
  signal: Gone; deadlineMs: number | null;
  /** When its head was here. */
  beganAt: number;
  /** And its last byte. */
  receivedAt: number;
  access: Access;
  /** Header or metadata of this name. */
  idempotencyKey: string | undefined;
  trace: GivenTrace | null;
  /** Its client's regions of shared memory; rejects with Refusal for who may have none. */
  regions(): Promise<ClientRegions>;
  /** Of the stream it came on; absent = it is alone. */
  turns?: Turns;
};
