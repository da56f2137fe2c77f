// Owns reading Prometheus' text exposition format 0.0.4 as strictly as its documents say, for tests. Throws with the line that is wrong.

export type ParsedFamily = { type: string; help: string; samples: { name: string; labels: Record<string, string>; value: number }[] };

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]?Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const BASE_UNITS = /_(ms|us|milliseconds|minutes|kb|mb|kib|mib|percent)(_|$)/;

export function parseExposition(text: string): Map<string, ParsedFamily> {
  const fail = (line: string, why: string): never => { throw new Error(`${why}: ${line}`); };
  if (text !== "" && !text.endsWith("\n")) fail(text.slice(-40), "the last line does not end");
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let current: { name: string; family: ParsedFamily } | null = null;
  for (const line of text.split("\n").slice(0, -1)) {
    if (line === "") continue;
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help) {
      if (!NAME.test(help[1]!)) fail(line, "no name");
      if (families.has(help[1]!)) fail(line, "a family's lines are not together");
      current = { name: help[1]!, family: { type: "", help: help[2]!, samples: [] } };
      families.set(help[1]!, current.family);
    } else if (type) {
      if (current?.name !== type[1] || current!.family.type !== "" || current!.family.samples.length > 0) fail(line, "TYPE without its HELP just before");
      current!.family.type = type[2]!;
    } else {
      const sample = SAMPLE.exec(line) ?? fail(line, "no sample");
      const [, name, labelText = "", value] = sample;
      if (!current || current.family.type === "") fail(line, "a sample before HELP and TYPE");
      const { family, name: familyName } = current!;
      const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : family.type === "summary" ? ["", "_sum", "_count"] : [""];
      if (!suffixes.some((suffix) => name === familyName + suffix)) fail(line, `not of ${familyName}`);
      const labels: Record<string, string> = {};
      LABEL.lastIndex = 0;
      while (LABEL.lastIndex < labelText.length) {
        const at = LABEL.lastIndex;
        const label = LABEL.exec(labelText) ?? fail(line, `labels from ${at}`);
        if (Object.hasOwn(labels, label[1]!)) fail(line, "a label twice");
        labels[label[1]!] = label[2]!;
      }
      const key = JSON.stringify([name, Object.entries(labels).sort()]);
      if (seen.has(key)) fail(line, "a series twice");
      seen.add(key);
      family.samples.push({ name: name!, labels, value: value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value) });
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function checkFamily(name: string, { type, samples }: ParsedFamily): void {
  if (BASE_UNITS.test(name)) throw new Error(`${name} is not in base units`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`${name} is a counter and does not end in _total`);
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is negative`);
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: ParsedFamily["samples"]): void {
  const series = new Map<string, { bounds: number[]; counts: number[]; sum: number | null; count: number | null }>();
  for (const { name: sample, labels: { le, ...labels }, value } of samples) {
    const key = JSON.stringify(Object.entries(labels).sort());
    const one = series.get(key) ?? { bounds: [], counts: [], sum: null, count: null };
    series.set(key, one);
    if (sample === `${name}_sum`) one.sum = value;
    else if (sample === `${name}_count`) one.count = value;
    else {
      if (le === undefined) throw new Error(`${name}_bucket without le`);
      one.bounds.push(le === "+Inf" ? Infinity : Number(le));
      one.counts.push(value);
    }
  }
  for (const [key, { bounds, counts, sum, count }] of series) {
    const wrong = (why: string): never => { throw new Error(`${name}${key}: ${why}`); };
    if (sum === null || count === null) wrong("no _sum or _count");
    if (bounds.at(-1) !== Infinity) wrong("the last bucket is not +Inf");
    if (bounds.some((bound, at) => Number.isNaN(bound) || (at > 0 && bound <= bounds[at - 1]!))) wrong("bounds do not ascend");
    if (counts.some((value, at) => at > 0 && value < counts[at - 1]!)) wrong("buckets are not cumulative");
    if (counts.at(-1) !== count) wrong("+Inf is not _count");
    if (count === 0 ? sum !== 0 : !(sum! >= 0)) wrong(`a sum of ${sum} of ${count}`);
  }
}
