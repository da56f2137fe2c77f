// Owns a change in words, as an instruction: what would have to be done.
import type { Instance } from "../instance.ts";
import type { Change } from "./change.ts";
import { sayBytes, sayFigure, sayMs, sayPerSecond, sayShare, type Words } from "./words.ts";

export function sayChange(change: Change, instance: Instance, words: Words): string {
  switch (change.kind) {
    case "memory": return Number.isFinite(change.addBytes) ? `give ${words.node(change.node)} ${sayBytes(change.addBytes)} more memory` : `give ${words.node(change.node)} more memory`;
    case "bandwidth": return `make ${words.link(change.link)} ${change.factor === 2 ? "twice" : `${change.factor} times`} as fast`;
    case "another-node": return `add one more node like ${words.node(change.like)}`;
    case "allow": return change.from === 0 && change.to === instance.layerCount ? `let any layer run on ${words.place(change.place)}` : `let ${words.layers(change.from, change.to)} run on ${words.place(change.place)}`;
    case "forbid": return `take ${words.layers(change.from, change.to)} off ${words.place(change.place)}`;
    case "forbid-cut": return `leave out the cut before ${words.layers(change.at, change.at + 1)}`;
    case "trust-way": return change.from === change.to ? `mark ${words.place(change.from)} trusted` : `mark the way from ${words.place(change.from)} to ${words.place(change.to)} trusted`;
    case "trust-node": return `mark ${words.place(change.place)} trusted`;
    case "trust-all": return "let sensitive values over every link";
    case "latency-limit": return Number.isFinite(change.limitMs) ? `allow a latency of ${sayMs(change.limitMs)} (asked: ${sayMs(instance.limits.latencyMs)})` : "lift the limit on latency";
    case "bottleneck-limit": return Number.isFinite(change.limitMs) ? `ask for ${sayShare(1 - instance.limits.bottleneckMs / change.limitMs)} fewer requests per second` : "ask for fewer requests per second";
    case "slo": return Number.isFinite(change.limitMs) ? `promise ${sayMs(change.limitMs)} instead of ${sayMs(instance.limits.slo?.latencyMs ?? 0)}` : "promise no latency";
    case "demand": return change.perSecond > 0 ? `ask for ${sayPerSecond(change.perSecond)} instead of ${sayPerSecond(instance.limits.perSecond ?? 0)}` : "let requests come one at a time";
    case "max-stages": return `allow ${change.stages} stages`;
    case "min-stages": return change.stages === 1 ? "ask for no least number of stages" : `ask for at least ${change.stages} stages only`;
    case "several-per-node": return "let a node serve several stages";
    case "may-meet": {
      const rule = instance.apart[change.apart]!;
      return `let ${words.layers(rule.first.from, rule.first.to)} and ${words.layers(rule.second.from, rule.second.to)} share a ${rule.within}`;
    }
  }
}

/** The constraint that the change lifts, as a fact: what is asked for or what there is. */
export function sayConstraint(change: Change, instance: Instance, words: Words): string {
  const { limits } = instance;
  switch (change.kind) {
    case "memory": return `only ${sayBytes(instance.nodes[change.node]!.freeBytes)} are free on ${words.node(change.node)}`;
    case "allow": return `not every layer may run on ${words.place(change.place)}`;
    case "trust-node": return `${words.place(change.place)} is marked untrusted, and nothing made from a sensitive input may go there`;
    case "trust-all": return "sensitive values keep to trusted nodes and links";
    case "latency-limit": return `the latency must stay within ${sayMs(limits.latencyMs)}`;
    case "bottleneck-limit": return `no node or link may be busy for more than ${sayMs(limits.bottleneckMs)} a request`;
    case "slo": return `${sayFigure({ share: limits.slo?.share ?? 0 }).replace("for ", "")} must be answered within ${sayMs(limits.slo?.latencyMs ?? 0)}${limits.perSecond === undefined ? "" : ` at ${sayPerSecond(limits.perSecond)}`}`;
    case "demand": return `${sayPerSecond(limits.perSecond ?? 0)} come at random, so that they wait and no node or link may be busy for more than ${sayMs(limits.bottleneckMs)} a request`;
    case "max-stages": return `at most ${limits.maxStages} ${limits.maxStages === 1 ? "stage is" : "stages are"} allowed`;
    case "min-stages": return `at least ${limits.minStages} stages are asked for`;
    case "several-per-node": return "a node may serve one stage only";
    case "may-meet": {
      const rule = instance.apart[change.apart]!;
      return `${words.layers(rule.first.from, rule.first.to)} and ${words.layers(rule.second.from, rule.second.to)} may not share a ${rule.within}`;
    }
    default: return sayChange(change, instance, words);
  }
}
