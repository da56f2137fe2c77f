// Owns what this agent tells Prometheus: itself, its node, its stages, and its ingress as that tells it.
import type { FetchedBytes } from "./artifact-source.ts";
import type { Family, Row } from "./exposition.ts";
import type { NodeSample, ObservedAssignment, ObservedIngress } from "./protocol/control.ts";
import type { Thermal } from "./protocol/thermal.ts";
import { AGENT_VERSION } from "./version.ts";

export type MetricsView = {
  nodeName: string; connected: boolean; assignments: ObservedAssignment[]; ingress: ObservedIngress[]; sample: NodeSample | null;
  /** Newest reading; what cannot be read there has no row. */
  thermal: Thermal;
  /** Artifacts since the start: from whom they came, and what other nodes got of this one. */
  fetched: FetchedBytes; givenBytes: number;
};

/** `told`: of its processes, see child-metrics.ts. */
export function agentMetrics(view: MetricsView, told: { families: Family[]; silent: number }): Family[] {
  const { sample, thermal } = view;
  const family = (name: string, type: Family["type"], help: string, rows: [Row[0], number | null | undefined][]): Family => ({ name, type, help, rows: rows.flatMap(([labels, value]): Row[] => (value == null ? [] : [[labels, value]])) });
  return [
    family("cutplane_agent_info", "gauge", "Version and name, always 1.", [[{ version: AGENT_VERSION, name: view.nodeName }, 1]]),
    family("cutplane_agent_console_connected", "gauge", "1 while the console is connected.", [[{}, view.connected ? 1 : 0]]),
    family("cutplane_agent_silent_processes", "gauge", "Processes of this agent whose figures are missing here: they did not answer.", [[{}, told.silent]]),
    family("cutplane_node_cpu_ratio", "gauge", "Share of this node's cores in use.", [[{}, sample?.cpuRatio]]),
    family("cutplane_node_memory_used_bytes", "gauge", "Memory in use on this node.", [[{}, sample?.memoryUsedBytes]]),
    family("cutplane_node_memory_available_bytes", "gauge", "Memory that this node's agent may still use, a limit of its cgroup counted in.", [[{}, sample?.memoryAvailableBytes]]),
    family("cutplane_node_temperature_celsius", "gauge", "Hottest sensor of this node's processor.", [[{ sensor: thermal.sensor ?? "" }, thermal.celsius]]),
    family("cutplane_node_clock_ratio", "gauge", "Clock of this node's processor as a share of its highest.", [[{}, thermal.clockRatio]]),
    family("cutplane_node_clock_limit_ratio", "gauge", "Clock that this node's processor is allowed as a share of its highest.", [[{}, thermal.clockLimitRatio]]),
    family("cutplane_node_throttled", "gauge", "1 while this node's processor is slowed by heat.", [[{}, thermal.throttled === null ? null : Number(thermal.throttled)]]),
    family("cutplane_agent_cpu_cores", "gauge", "Cores used by the agent with its stages.", [[{}, sample?.agentCpuCores]]),
    family("cutplane_agent_rss_bytes", "gauge", "Resident memory of the agent with its stages.", [[{}, sample?.agentRssBytes]]),
    family("cutplane_artifact_fetched_bytes_total", "counter", "Artifacts' bytes that came since the start, by whom from.", Object.entries(view.fetched).map(([from, bytes]) => [{ from }, bytes])),
    family("cutplane_artifact_given_bytes_total", "counter", "Artifacts' bytes given to other nodes since the start.", [[{}, view.givenBytes]]),
    family("cutplane_assignment_ready", "gauge", "1 when the assignment is ready.", view.assignments.map(({ assignmentId, state }) => [{ assignment: assignmentId, state }, state === "ready" ? 1 : 0])),
    family("cutplane_assignment_restarts_total", "counter", "Restarts of the stage's process.", view.assignments.map(({ assignmentId, restarts }) => [{ assignment: assignmentId }, restarts])),
    family("cutplane_assignment_memory_bytes", "gauge", "Most that the stage's process was seen to hold.", view.assignments.map(({ assignmentId, processBytes }) => [{ assignment: assignmentId }, processBytes])),
    ...told.families,
  ];
}
