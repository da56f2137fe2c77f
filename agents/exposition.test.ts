import { expect, test } from "vitest";
import { agentMetrics } from "./agent-metrics.ts";
import { createChildMetrics } from "./child-metrics.ts";
import { expositionText, histogramRows } from "./exposition.ts";
import { LatencyHistogram } from "./ingress/latency-histogram.ts";
import type { Child } from "./child-process.ts";
import type { AskMetrics } from "./stage/messages.ts";
import { StageMetrics } from "./stage/stage-metrics.ts";
import { NO_THERMAL } from "./protocol/thermal.ts";
import { parseExposition } from "./testdata/parse-exposition.ts";

test("families that several processes tell are one block; labels are escaped; a family without rows is not told", () => {
  const text = expositionText([
    { name: "cutplane_a_total", type: "counter", help: "Of\nmany \\ lines.", rows: [[{ of: 'a "b"\n\\' }, 1]] },
    { name: "cutplane_b", type: "gauge", help: "None.", rows: [] },
    { name: "cutplane_c", type: "gauge", help: "One.", rows: [[{}, 1.5e-7]] },
    { name: "cutplane_a_total", type: "counter", help: "Of\nmany \\ lines.", rows: [[{ of: "c" }, 2]] },
  ]);
  expect(text).toBe('# HELP cutplane_a_total Of\\nmany \\\\ lines.\n# TYPE cutplane_a_total counter\ncutplane_a_total{of="a \\"b\\"\\n\\\\"} 1\ncutplane_a_total{of="c"} 2\n# HELP cutplane_c One.\n# TYPE cutplane_c gauge\ncutplane_c 1.5e-7\n');
  expect(parseExposition(text).get("cutplane_a_total")!.samples.map(({ value }) => value)).toEqual([1, 2]);
});

test("the reader of these tests finds what is wrong", () => {
  const histogram = new LatencyHistogram();
  histogram.observe(0.2);
  const good = expositionText([{ name: "cutplane_x_seconds", type: "histogram", help: "X.", rows: histogramRows({ stage: 0 }, histogram) }]);
  parseExposition(good);
  expect(() => parseExposition(good.replace('le="0.5"} 1', 'le="0.5"} 0'))).toThrow("not cumulative");
  expect(() => parseExposition(good.replace(/_count\{stage="0"\} 1/, '_count{stage="0"} 2'))).toThrow("+Inf is not _count");
  expect(() => parseExposition(good.replace(/^.*_sum.*\n/m, ""))).toThrow("no _sum");
  expect(() => parseExposition(good + good)).toThrow("not together");
  expect(() => parseExposition("# HELP cutplane_x_ms X.\n# TYPE cutplane_x_ms gauge\ncutplane_x_ms 1\n")).toThrow("base units");
  expect(() => parseExposition("# HELP cutplane_x X.\n# TYPE cutplane_x counter\ncutplane_x 1\n")).toThrow("_total");
  expect(() => parseExposition("cutplane_x 1\n")).toThrow("before HELP");
});

test("an agent tells itself, its stages and what does not answer", async () => {
  const metrics = createChildMetrics();
  const stage = new StageMetrics();
  stage.done({ queueMs: 1, computeMs: 20, hopMs: 3, receivedBytes: 10, sentBytes: 4 });
  stage.done({ queueMs: 1, computeMs: 40, hopMs: null, receivedBytes: 10, sentBytes: 4 });
  stage.failed();
  const child = (id: string): Child<AskMetrics> => ({ pid: 1, kill: () => undefined, send: ({ askId }) => metrics.told({ type: "metrics", askId, families: stage.families({ assignmentId: id, deploymentId: "dep" }, 2, { size: 3, bytes: 512, maxBytes: 1024 }) }) });
  const told = await metrics.ask([child("asg_1"), child("asg_2")]);
  expect(told.silent).toBe(0);
  const view = { nodeName: "edge", connected: true, assignments: [], ingress: [], sample: null, thermal: { ...NO_THERMAL, clockRatio: 0.5 }, fetched: { console: 5, peers: 6, relayed: 0 }, givenBytes: 7 };
  const families = parseExposition(expositionText(agentMetrics(view, { ...told, silent: 1 })));
  const compute = families.get("cutplane_stage_compute_seconds")!.samples.filter(({ labels }) => labels.assignment === "asg_2");
  expect(compute.find(({ name }) => name.endsWith("_sum"))!.value).toBeCloseTo(0.06);
  expect(compute.find(({ labels }) => labels.le === "0.025")!.value).toBe(1);
  expect(families.get("cutplane_stage_hop_seconds")!.samples.find(({ name }) => name.endsWith("_count"))!.value).toBe(1);
  expect(families.get("cutplane_stage_frames_total")!.samples.map(({ labels, value }) => `${labels.assignment} ${labels.outcome} ${value}`)).toEqual(["asg_1 done 2", "asg_1 failed 1", "asg_2 done 2", "asg_2 failed 1"]);
  expect(families.get("cutplane_stage_state_bytes")!.samples.map(({ value }) => value)).toEqual([512, 512]);
  expect(families.get("cutplane_agent_silent_processes")!.samples[0]!.value).toBe(1);
  expect(families.has("cutplane_node_cpu_ratio")).toBe(false);
  expect(families.has("cutplane_node_temperature_celsius")).toBe(false);
  expect(families.get("cutplane_node_clock_ratio")!.samples[0]!.value).toBe(0.5);
});
