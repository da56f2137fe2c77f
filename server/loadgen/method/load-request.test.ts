import { expect, test } from "vitest";
import { loadOptions, type LoadRequest, loadRequestProblem } from "./load-request.ts";
import { SCENARIOS } from "./settings.ts";

const dataset = { name: "lines.jsonl", digest: "d".repeat(64) };
const accuracy: LoadRequest = { scenario: "Offline", what: "accuracy", tier: "rapid", concurrency: 2, dataset };

test("an accuracy run needs its dataset, and each sample is asked once", () => {
  expect(loadRequestProblem(accuracy)).toBeNull();
  expect(loadRequestProblem({ ...accuracy, dataset: undefined })).toMatch(/needs a dataset/);
  expect(loadRequestProblem({ ...accuracy, what: "run", qps: 1 })).toMatch(/A dataset is for accuracy runs/);
  expect(loadRequestProblem({ ...accuracy, scenario: "MultiStream" })).toMatch(/asks samples more than once/);
  expect(loadRequestProblem({ ...accuracy, scenario: "Server" })).toMatch(/needs a rate/);
  expect(SCENARIOS.filter((scenario) => loadRequestProblem({ ...accuracy, scenario, qps: 1, latencyMs: 1 }) === null)).toEqual(["SingleStream", "Server", "Offline"]);
});

test("its options: LoadGen's accuracy mode, so many at once; a rate only where one was given", () => {
  expect(loadOptions(accuracy)).toEqual(["--scenario", "Offline", "--tier", "rapid", "--mode", "accuracy", "--qps", "1", "--concurrency", "2", "--max-seconds", "24"]);
  expect(loadOptions({ scenario: "SingleStream", what: "run", tier: "rapid", latencyMs: 5 })).toEqual(["--scenario", "SingleStream", "--tier", "rapid", "--latency", "5", "--max-seconds", "24"]);
});
