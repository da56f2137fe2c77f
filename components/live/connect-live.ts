// Owns the browser's socket: follows the feed from the last event seen, so that a reconnect misses nothing, and tells the query cache what changed.
import { io } from "socket.io-client";
import type { EventName, LiveSamples, OperationProgress, OtherConsole, StoredEvent } from "../../server/events/catalogue.ts";
import { client, queryClient } from "../api.ts";
import { applyConsoles, noteHeard } from "../consoles/consoles-store.ts";
import { applyEvent, applyProgress, applySamples, useLive } from "./live-store.ts";

/** Events asked for at the first visit, so that the feed is not empty. */
const FIRST_EVENTS = 100;
const RECONNECT_MAX_MS = 4000;
/** Many events at once (a replay) refetch each query once. */
const INVALIDATE_AFTER_MS = 60;

/** Which routers' answers an event makes old. */
const TOUCHES: Record<EventName, string[]> = {
  "model.imported": ["models"], "model.refused": ["models"], "model.changed": ["models", "plans", "deployments"], "model.deleted": ["models"], "profile.measured": ["models", "plans"],
  "topology.saved": ["topologies"], "topology.deleted": ["topologies"],
  "node.enrolled": ["nodes", "topologies"], "node.approved": ["nodes", "topologies"], "node.online": ["nodes", "topologies", "deployments"], "node.late": ["nodes", "topologies"], "node.lost": ["nodes", "topologies", "deployments"],
  "node.changed": ["nodes", "topologies"], "node.notice": [], "node.removed": ["nodes", "topologies"],
  "plan.created": ["plans"], "plan.checked": ["plans", "deployments"],
  "deployment.created": ["deployments"], "deployment.stopped": ["deployments", "nodes"], "deployment.resumed": ["deployments", "nodes"],
  "deployment.serving": ["deployments"], "deployment.adaptation": ["deployments"], "deployment.decided": ["deployments"],
  "migration.started": ["deployments", "plans"], "migration.step": ["deployments"], "migration.promoted": ["deployments"], "migration.cancelling": ["deployments"], "migration.finished": ["deployments", "plans", "nodes"],
  "assignment.changed": ["deployments", "nodes"], "operation.changed": ["operations"], "console.leads": ["system", "deployments"],
  "credential.created": ["credentials", "deployments", "keys"], "credential.changed": ["keys"], "credential.exhausted": ["keys"], "credential.revoked": ["credentials", "deployments", "keys"], "join-token.created": ["nodes"], "join-token.revoked": ["nodes"],
};

/** Starts following; returns the way to stop. */
export function connectLive(): () => void {
  // A proxy that lets no WebSocket through is asked by polling then.
  const socket = io("/live", { transports: ["websocket", "polling"], tryAllTransports: true, reconnectionDelayMax: RECONNECT_MAX_MS, withCredentials: true });
  const touched = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    for (const router of touched) void queryClient.invalidateQueries({ predicate: (query) => (query.queryKey[0] as string[] | undefined)?.[0] === router });
    touched.clear();
  };
  const touch = (routers: string[]) => {
    for (const router of routers) touched.add(router);
    if (touched.size > 0 && timer === null) timer = setTimeout(flush, INVALIDATE_AFTER_MS);
  };
  const lost = () => useLive.setState((state) => (state.connection === "lost" ? state : { connection: "lost", lostAt: new Date().toISOString() }));

  socket.onAny(noteHeard);
  socket.on("connect", async () => {
    noteHeard();
    const first = useLive.getState().lastSeq === null;
    if (first) await loadFirstEvents();
    socket.emit("follow", { afterSeq: useLive.getState().lastSeq }, (answer: { headSeq: number }) => {
      useLive.setState((state) => ({ connection: "live", lostAt: null, lastSeq: state.lastSeq ?? answer.headSeq }));
      // Levels may have changed unseen while we were away.
      if (!first) void queryClient.invalidateQueries();
    });
  });
  socket.on("disconnect", lost);
  socket.on("connect_error", lost);
  socket.on("event", (event: StoredEvent) => { if (applyEvent(event)) touch(TOUCHES[event.name] ?? []); });
  socket.on("samples", (samples: LiveSamples) => applySamples(samples));
  socket.on("consoles", (others: OtherConsole[]) => applyConsoles(others, location.origin));
  socket.on("progress", (progress: OperationProgress) => applyProgress(progress));
  return () => {
    if (timer !== null) clearTimeout(timer);
    socket.disconnect();
  };
}

async function loadFirstEvents(): Promise<void> {
  try {
    const { events, headSeq } = await client.events.list.query({ limit: FIRST_EVENTS });
    const ordered = [...events].sort((a, b) => a.seq - b.seq) as StoredEvent[];
    useLive.setState({ events: ordered, lastSeq: ordered.at(-1)?.seq ?? headSeq });
  } catch {
    // The feed still works from now on; the events page shows why the list failed.
  }
}
