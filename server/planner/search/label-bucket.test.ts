import { expect, test } from "vitest";
import { seededRandom } from "../../model/seeded-random.ts";
import { createLabelBucket, joinBucket, loadOf, touchedOf } from "./label-bucket.ts";

type Label = { cost: number; priced: number; used: Float64Array };
const RESOURCES = 3;
const WEIGHTS = Float64Array.from({ length: RESOURCES }, (_, index) => 1 / (index + 1));

/** In everything no more. */
const beats = (a: Label, b: Label) => a.cost <= b.cost && a.priced <= b.priced && a.used.every((amount, index) => amount <= b.used[index]!);

test("keeps what plain comparison of all pairs keeps, whatever comes in which order; equals keep the older one", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    // Few different values, so that many are equal in some of it.
    const draw = () => Math.floor(random() * 5) / 10;
    const labels = Array.from({ length: 120 }, (): Label => ({ cost: draw(), priced: draw(), used: Float64Array.from({ length: RESOURCES }, () => (random() < 0.4 ? 0 : draw())) }));
    const bucket = createLabelBucket(1);
    let plain: number[] = [];
    const retired: number[] = [];
    for (const [id, label] of labels.entries()) {
      const isBeaten = plain.some((other) => beats(labels[other]!, label));
      const joined = joinBucket(bucket, { id, cost: label.cost, priced: label.priced, touched: touchedOf(label.used, 0, RESOURCES), load: loadOf(label.used, 0, WEIGHTS) }, (a, b) => labels[a]!.used.every((amount, index) => amount <= labels[b]!.used[index]!), (gone) => retired.push(gone));
      expect(joined).toBe(!isBeaten);
      if (joined) plain = [...plain.filter((other) => !beats(label, labels[other]!)), id];
      const kept = [...bucket.ids.subarray(0, bucket.size)];
      expect([...kept].sort((a, b) => a - b)).toEqual(plain);
      expect(kept.map((one) => labels[one]!.cost)).toEqual(kept.map((one) => labels[one]!.cost).sort((a, b) => a - b));
    }
    expect(new Set(retired).size).toBe(retired.length);
  }
});
