// Owns which control loops run, and how often each looks by itself. Everything they do they find in rows and reports, so they may be stopped at
// any point and started again.
import type { Deps } from "../commands/deps.ts";
import { flushObserved, flushSignsOfLife } from "../commands/flush-observed.ts";
import { rememberResident } from "../commands/remember-resident.ts";
import { requestMissingMeasures } from "../commands/request-missing-measures.ts";
import { syncDesired } from "../commands/sync-desired.ts";
import { forgetNode } from "../commands/remove-node.ts";
import { takeDesired } from "../commands/take-desired.ts";
import type { EventName, StoredEvent } from "../events/catalogue.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { presenceDueMs } from "../live/node-presence.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { eventHeadSeq } from "../store/events.ts";
import { adaptActsEnded, driveAdaptation } from "./drive-adaptation.ts";
import { driveDrains } from "./drive-drains.ts";
import { endRigs } from "./end-rigs.ts";
import { driveMigrations, finishStops, type ProgressMemory } from "./drive-migrations.ts";
import { type Loop, startLoop } from "./loop.ts";
import { dropOldWindows, recordDeploymentSamples, recordWindows, type WindowMemory } from "./record-samples.ts";
import { watchPresence } from "./watch-presence.ts";

export type Loops = {
  /** For `deps.wake`. */
  wake(reason: string): void;
  /** Starts the loops that decide. `deps` of theirs: writes of a leader are fenced. */
  lead(deps: Deps): void;
  /** Ends them: another console leads. */
  follow(): void;
  /** Waits for the passes that run. */
  stop(): Promise<void>;
};

/** Steps a migration may take in one pass: as many as it has states. */
const MAX_STEPS_PER_PASS = 12;
/** Events that change what is desired; whoever wrote them may have forgotten to wake us. */
const WAKING_EVENTS: EventName[] = ["plan.checked", "deployment.created", "deployment.stopped", "deployment.resumed", "deployment.serving", "migration.started", "migration.promoted", "node.enrolled", "node.changed", "node.removed", "model.imported", "profile.measured"];

/** Between two looks at what drifts: a pass reads rows and steps every deployment's controller. */
const GATHER_FIGURES_MS = 100;

type Leading = { wake(): void; heard(event: StoredEvent): void; stop(): Promise<void> };

/** Every console takes reports, writes those of its agents and knows the fleet; one leads. Until `lead` this one follows. */
export function startLoops(deps: Deps): Loops {
  const { log } = deps;
  let leading: Leading | null = null;
  /** What was told to end and has not yet: nothing of it may overlap with what begins. */
  let ending: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  const flush = startLoop({ name: "flush", intervalMs: 500, log, run: () => flushObserved(deps) });
  const look = startLoop({ name: "look", intervalMs: 1_000, log, run: () => lookOnce(deps, leading !== null) });
  const rest: Loop[] = [
    startLoop({ name: "signs-of-life", intervalMs: 2_000, log, run: () => flushSignsOfLife(deps) }),
    startLoop({ name: "samples", intervalMs: 1_000, log, run: () => recordDeploymentSamples(deps) }),
  ];
  const wake = (): void => {
    flush.wake();
    if (leading) leading.wake();
    else look.wake();
  };
  const follow = (): void => {
    const old = leading;
    leading = null;
    if (old) ending = Promise.all([ending, old.stop()]);
  };
  liveFleet(deps.db).onPendingEvent = flush.wake;
  const unlisten = deps.publisher.listen((event) => {
    if (event.name === "node.removed") forgetNode(deps, event.subjectId);
    if (WAKING_EVENTS.includes(event.name)) wake();
    leading?.heard(event);
  });
  return {
    wake,
    lead(leaderDeps) {
      follow();
      ending = ending.then(() => {
        if (!isStopped) leading = startLeaderLoops(leaderDeps);
      });
    },
    follow,
    async stop() {
      isStopped = true;
      unlisten();
      liveFleet(deps.db).onPendingEvent = null;
      follow();
      await Promise.all([ending, ...[flush, look, ...rest].map((loop) => loop.stop())]);
      await flushObserved(deps).catch((error) => log.warn({ err: error }, "the last reports could not be written"));
    },
  };
}

/** The loops that decide: of all consoles on a database one runs them. */
function startLeaderLoops(deps: Deps): Leading {
  const { log } = deps;
  const memory: ProgressMemory = new Map();
  const windows: WindowMemory = { writtenMs: null };
  const reconcile = startLoop({ name: "reconcile", intervalMs: 1_000, log, run: () => reconcileOnce(deps, memory), dueInMs: () => presenceDueMs(liveFleet(deps.db), deps.clock.now()) });
  const measure = startLoop({ name: "measure", intervalMs: 60_000, log, run: () => requestMissingMeasures(deps) });
  // A loop of its own: planning and cutting for a drain may take seconds, which no migration may wait for.
  const drains = startLoop({ name: "drains", intervalMs: 1_000, log, run: () => driveDrains(deps) });
  // Likewise: a search for what else could be done takes a while.
  const adapt = startLoop({ name: "adapt", intervalMs: 1_000, log, run: () => driveAdaptation(deps) });
  // Looked at when figures come, not up to a second later; figures of many nodes that come one after the other make one pass.
  let gathering: NodeJS.Timeout | null = null;
  const fleet = liveFleet(deps.db);
  fleet.onFigures = () => {
    gathering ??= setTimeout(() => {
      gathering = null;
      adapt.wake();
    }, GATHER_FIGURES_MS);
  };
  const rest: Loop[] = [
    startLoop({ name: "resident", intervalMs: 5_000, log, run: () => rememberResident(deps) }),
    startLoop({ name: "rigs", intervalMs: 2_000, log, run: () => endRigs(deps) }),
    startLoop({ name: "windows", intervalMs: 10_000, log, run: () => recordWindows(deps, windows) }),
    startLoop({ name: "retention", intervalMs: 600_000, log, run: () => dropOldWindows(deps) }),
  ];
  return {
    wake() {
      reconcile.wake();
      drains.wake();
    },
    heard(event) {
      if (event.name === "migration.finished") drains.wake();
      // What died is mended at once: the figures that usually wake it may come a second later.
      if (event.name === "node.lost" || event.name === "migration.finished") adapt.wake();
      if (event.name === "model.imported" || event.name === "node.online" || event.name === "profile.measured") measure.wake();
    },
    async stop() {
      fleet.onFigures = null;
      if (gathering) clearTimeout(gathering);
      await Promise.all([reconcile, drains, adapt, measure, ...rest].map((loop) => loop.stop()));
      await adaptActsEnded(deps);
    },
  };
}

/** What a console that shares its database sees of the others' work. The leader's own loops read the fleet already. */
async function lookOnce(deps: Deps, leads: boolean): Promise<void> {
  if (!deps.peers) return;
  deps.publisher.catchUp(await eventHeadSeq(deps.db));
  if (leads) return;
  liveFleet(deps.db).snapshot = await readSnapshot(deps.db, deps.clock.now());
  await takeDesired(deps);
}

/** Look, decide, write, tell. */
export async function reconcileOnce(deps: Deps, memory: ProgressMemory): Promise<void> {
  const fleet = liveFleet(deps.db);
  for (let step = 0; step < MAX_STEPS_PER_PASS; step++) {
    const snapshot = await readSnapshot(deps.db, deps.clock.now());
    fleet.snapshot = snapshot;
    if (step === 0) await watchPresence(deps, snapshot);
    await syncDesired(deps, snapshot);
    if (!(await driveMigrations(deps, snapshot, memory))) break;
  }
  if (fleet.snapshot) await finishStops(deps, fleet.snapshot);
}
