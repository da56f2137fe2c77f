import { expect, test } from "vitest";
import { attentionOf } from "./attention.ts";

const deployment = { id: "dep_1", name: "ocr", statusReason: "node b is lost" };

test("the most urgent comes first", () => {
  const items = attentionOf([{ ...deployment, status: "degraded" }], [{ name: "b", status: "lost", cordoned: false }], [{ id: "mdl_1" }]);
  expect(items.map((item) => item.word)).toEqual(["lost", "degraded"]);
});
test("a healthy fleet needs nothing", () => expect(attentionOf([{ ...deployment, status: "live" }], [{ name: "b", status: "online", cordoned: false }], [{ id: "mdl_1" }])).toEqual([]));
test("an empty installation is told its next step", () => expect(attentionOf([], [], []).map((item) => item.action)).toEqual(["import"]));
