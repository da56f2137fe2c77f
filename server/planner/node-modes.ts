// Owns the modes a node may run a stage in, each with its own times. All of them share the node's memory and its cores. Pure.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import { estimateProfile } from "../model/estimate-profile.ts";
import type { ModelFacts } from "../model/model.ts";
import type { Profile } from "../model/profile.ts";
import type { LiveNode, TopologyNode } from "../topology/topology.ts";
import type { StagePlacement } from "./plan.ts";
import { DEFAULT_SESSION } from "./default-session.ts";
import { sessionModes } from "./session-modes.ts";

/** Same mode = times may be compared. */
export function sameSession(a: SessionOptions, b: SessionOptions): boolean {
  return a.intraOpThreads === b.intraOpThreads && a.optimization === b.optimization && a.provider === b.provider;
}

/** Of two stages: absent = the default mode. */
export function sameMode(a: SessionOptions | undefined, b: SessionOptions | undefined): boolean {
  return sameSession(a ?? DEFAULT_SESSION, b ?? DEFAULT_SESSION);
}

/** One process serves both: the same layers on the same node in the same mode. */
export function isSameStage(a: StagePlacement, b: StagePlacement): boolean {
  return a.topologyNodeId === b.topologyNodeId && a.from === b.from && a.to === b.to && sameMode(a.session, b.session);
}

/** Times of the whole model on a node in one mode, milliseconds. */
export type ModeTimes = {
  layerMs: number[];
  /** Prefix sums: cumulativeMs[j] = time of layers [0, j). */
  cumulativeMs: number[];
  /**
   * What a segment pays where it begins and where it ends, by position 0…n (j lies before layer j): a fused segment takes longer than the sum of
   * its layers. Never below 0, and 0 at the model's own ends, so a stage's time stays a sum that only grows.
   */
  entryMs: number[];
  exitMs: number[];
  kind: "estimated" | "measured";
};
export type NodeMode = ModeTimes & { session: SessionOptions };
type WithModes = ModeTimes & { otherModes?: readonly NodeMode[] };

/** Absent `session` = the default mode; null = the node does not run in that mode. */
export function modeOf(node: WithModes, session: SessionOptions | undefined): ModeTimes | null {
  if (session === undefined || sameSession(session, DEFAULT_SESSION)) return node;
  return node.otherModes?.find((mode) => sameSession(mode.session, session)) ?? null;
}

type ModeInput = { facts: Pick<ModelFacts, "digest" | "layers">; profiles: readonly Profile[] };

/** In the default mode: measured on the node's device class, else by what other models reached there, else at the reference core's estimate. */
export function defaultTimes(node: TopologyNode, live: LiveNode | undefined, input: ModeInput): ModeTimes {
  const known = live && node.speed === null ? profileOf(input.profiles, live.deviceClass, DEFAULT_SESSION) : null;
  if (known) return timesOf(known);
  // Under a quota of less than one core at that share of it.
  const speed = node.speed ?? (live ? Math.min(1, live.cores) : 1);
  const layerMs = estimateProfile(input.facts).layerMs.map((ms) => ms / speed);
  return timesOf({ layerMs, kind: "estimated" });
}

/** The others, on live nodes with cores for them and a profile: what is drawn with a speed of its own has one mode. */
export function otherModes(node: TopologyNode, live: LiveNode | undefined, input: ModeInput): NodeMode[] {
  if (!live || node.speed !== null) return [];
  return sessionModes(live.cores).slice(1).flatMap((session) => {
    const profile = profileOf(input.profiles, live.deviceClass, session);
    return profile ? [{ session, ...timesOf(profile) }] : [];
  });
}

/** Times where other deployments leave a mode this share of the cores it wants. */
export function slowedTimes(times: ModeTimes, share: number): Omit<ModeTimes, "kind"> {
  const slower = (values: readonly number[]) => (share === 1 ? [...values] : values.map((ms) => ms / share));
  return { layerMs: slower(times.layerMs), cumulativeMs: slower(times.cumulativeMs), entryMs: slower(times.entryMs), exitMs: slower(times.exitMs) };
}

function profileOf(profiles: readonly Profile[], deviceClass: string, session: SessionOptions): Profile | null {
  const own = profiles.filter((profile) => profile.deviceClass === deviceClass && sameSession(profile.session, session));
  return own.find((profile) => profile.kind === "measured") ?? own[0] ?? null;
}

function timesOf({ layerMs, boundary, kind }: Pick<Profile, "layerMs" | "boundary" | "kind">): ModeTimes {
  const none = new Array<number>(layerMs.length + 1).fill(0);
  const cumulativeMs = [0];
  for (const ms of layerMs) cumulativeMs.push((cumulativeMs.at(-1) ?? 0) + ms);
  return { layerMs, cumulativeMs, entryMs: boundary?.entryMs ?? none, exitMs: boundary?.exitMs ?? none, kind };
}
