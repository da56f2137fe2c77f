// Owns reading how hot the processor is and whether that slows it, from Linux' sysfs: sensors (hwmon), thermal zones, cooling devices, clocks, counts of throttling.
// A sensor may be slow to answer or hang: it is read beside the agent's work, a few files at a time, and never while the reading before still runs.
// Units: sysfs tells temperatures in thousandths of a degree, clocks in kHz (Documentation/ABI/testing/sysfs-class-thermal, sysfs-class-hwmon, admin-guide/pm/cpufreq.rst).
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { NO_THERMAL, type Thermal } from "./protocol/thermal.ts";

export type ThermalReader = {
  /** The newest reading, once; null = there was none since. */
  take(): Thermal | null;
  last(): Thermal;
  stop(): void;
};

const EVERY_MS = 2_000;
/** A reading that takes longer hangs in a driver: what was known before it is not known any more. */
const LONGEST_MS = 10_000;
/** Which sensors there are is looked up again after so many readings: a driver may be loaded later. */
const LOOK_AGAIN_EVERY = 30;
/** Files of one kind that are read: on large machines the first ones tell enough. */
const MAX_FILES = 32;
/** What is longer is no number and no name. */
const MAX_BYTES = 64;
/** A broken sensor tells what no processor survives. */
const PLAUSIBLE_CELSIUS = [-40, 150] as const;

const OF_PROCESSOR = /cpu|soc|core|pkg|k10temp|zenpower|cluster/i;
/** Other things in the machine, and zones that only carry a policy. */
const OF_OTHERS = /gpu|nvme|wifi|iwl|bat|charg|modem|ddr|dimm|pmic|usb|pch|drive|INT340/i;
const COOLS_PROCESSOR = /cpu|processor|powerclamp/i;

type Sensor = { name: string; path: string; ofProcessor: boolean };
type Known = { sensors: Sensor[]; coolers: string[]; clocks: string[]; counts: string[] };

/** `root`: where `sys` lies; tests bring a folder of their own. */
export function createThermalReader({ root = "/", everyMs = EVERY_MS, nowMs = () => performance.now() }: { root?: string; everyMs?: number; nowMs?: () => number } = {}): ThermalReader {
  let known: Known | null = null;
  let readings = 0;
  let throttleCount: number | null = null;
  let startedAtMs: number | null = null;
  let last = NO_THERMAL;
  let fresh = false;

  const look = async () => {
    if (startedAtMs !== null) {
      if (nowMs() - startedAtMs > LONGEST_MS && last !== NO_THERMAL) [last, fresh] = [NO_THERMAL, true];
      return;
    }
    startedAtMs = nowMs();
    if (known === null || readings % LOOK_AGAIN_EVERY === 0) known = await findFiles(join(root, "sys"));
    readings += 1;
    const [heat, clocks, held] = [await readHeat(known.sensors), await readClocks(known.clocks), await readHeld(known, throttleCount)];
    throttleCount = held.count;
    const told = { ...heat, ...clocks, throttled: held.throttled };
    // Where nothing can be read that is told once.
    const isSilent = Object.values(told).every((one) => one === null);
    fresh = fresh || !isSilent || last !== NO_THERMAL || readings === 1;
    last = isSilent ? NO_THERMAL : told;
    startedAtMs = null;
  };
  void look();
  const timer = setInterval(() => void look(), everyMs);
  return {
    take() {
      if (!fresh) return null;
      fresh = false;
      return last;
    },
    last: () => last,
    stop: () => clearInterval(timer),
  };
}

async function findFiles(sys: string): Promise<Known> {
  const [zones, chips, cpus] = [join(sys, "class/thermal"), join(sys, "class/hwmon"), join(sys, "devices/system/cpu")];
  const sensors: Sensor[] = [];
  for (const chip of await list(chips, /^hwmon\d+$/)) {
    const name = await readWord(join(chips, chip, "name"));
    if (name === null || OF_OTHERS.test(name) || !OF_PROCESSOR.test(name)) continue;
    for (const file of await list(join(chips, chip), /^temp\d+_input$/)) sensors.push({ name, path: join(chips, chip, file), ofProcessor: true });
  }
  const coolers: string[] = [];
  for (const entry of await list(zones, /^(thermal_zone|cooling_device)\d+$/)) {
    const type = await readWord(join(zones, entry, "type"));
    if (type === null) continue;
    if (entry.startsWith("cooling")) {
      if (COOLS_PROCESSOR.test(type)) coolers.push(join(zones, entry, "cur_state"));
    } else if (!OF_OTHERS.test(type)) sensors.push({ name: type, path: join(zones, entry, "temp"), ofProcessor: OF_PROCESSOR.test(type) });
  }
  const cores = (await list(cpus, /^cpu\d+$/)).map((cpu) => join(cpus, cpu));
  const counts = cores.flatMap((core) => ["core", "package"].map((of) => join(core, "thermal_throttle", `${of}_throttle_count`)));
  return { sensors: sensors.slice(0, MAX_FILES), coolers, clocks: cores.map((core) => join(core, "cpufreq")), counts: counts.slice(0, MAX_FILES) };
}

/** Of the processor's sensors the hottest; where none is named after it, of the machine's zones. */
async function readHeat(sensors: readonly Sensor[]): Promise<Pick<Thermal, "celsius" | "sensor">> {
  const told: { celsius: number; sensor: string; ofProcessor: boolean }[] = [];
  for (const { path, name, ofProcessor } of sensors) {
    const celsius = ((await readNumber(path)) ?? Number.NaN) / 1000;
    if (celsius >= PLAUSIBLE_CELSIUS[0] && celsius <= PLAUSIBLE_CELSIUS[1]) told.push({ celsius, sensor: name, ofProcessor });
  }
  const speaking = told.some((one) => one.ofProcessor) ? told.filter((one) => one.ofProcessor) : told;
  const hottest = speaking.reduce<(typeof told)[number] | null>((most, one) => (most === null || one.celsius > most.celsius ? one : most), null);
  return { celsius: hottest?.celsius ?? null, sensor: hottest?.sensor ?? null };
}

async function readClocks(folders: readonly string[]): Promise<Pick<Thermal, "clockRatio" | "clockLimitRatio">> {
  const now: number[] = [];
  const allowed: number[] = [];
  for (const folder of folders) {
    const most = await readNumber(join(folder, "cpuinfo_max_freq"));
    if (most === null || most <= 0) continue;
    const [current, limit] = [await readNumber(join(folder, "scaling_cur_freq")), await readNumber(join(folder, "scaling_max_freq"))];
    if (current !== null && current > 0) now.push(current / most);
    if (limit !== null && limit > 0) allowed.push(limit / most);
  }
  return { clockRatio: meanOf(now), clockLimitRatio: meanOf(allowed) };
}

/** `before`: the count of the reading before; null = there was none. */
async function readHeld({ coolers, counts }: Known, before: number | null): Promise<{ throttled: boolean | null; count: number | null }> {
  let count: number | null = null;
  for (const path of counts) {
    const told = await readNumber(path);
    if (told !== null) count = (count ?? 0) + told;
  }
  const states: number[] = [];
  for (const path of coolers) {
    const state = await readNumber(path);
    if (state !== null) states.push(state);
  }
  const grew = count !== null && before !== null && count > before;
  return { throttled: count === null && states.length === 0 ? null : grew || states.some((state) => state > 0), count };
}

const meanOf = (ratios: readonly number[]): number | null => (ratios.length === 0 ? null : Math.round((ratios.reduce((sum, one) => sum + one, 0) / ratios.length) * 1000) / 1000);

/** Names in their natural order; none where the folder is not there. */
async function list(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => pattern.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, MAX_FILES);
}

async function readNumber(path: string): Promise<number | null> {
  const word = await readWord(path);
  return word !== null && /^-?\d+$/.test(word) ? Number(word) : null;
}

/** The file's only line; null where there is none, or where the driver refuses, as one that is switched off does. */
async function readWord(path: string): Promise<string | null> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString("utf8", 0, bytesRead).trim() || null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
