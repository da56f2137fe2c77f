import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { NO_THERMAL, type Thermal } from "./protocol/thermal.ts";
import { createThermalReader, type ThermalReader } from "./thermal-reader.ts";

const folders: string[] = [];
const readers: ThermalReader[] = [];
afterEach(() => {
  for (const reader of readers.splice(0)) reader.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A machine's `sys` as its files: without a value there is a folder where a file should be, which reads as an error does. */
function machine(files: Record<string, string | null>): { root: string; set(path: string, text: string): void } {
  const root = mkdtempSync(join(tmpdir(), "cutplane-thermal-"));
  folders.push(root);
  const set = (path: string, text: string) => { mkdirSync(dirname(join(root, "sys", path)), { recursive: true }); writeFileSync(join(root, "sys", path), `${text}\n`); };
  for (const [path, text] of Object.entries(files)) if (text === null) mkdirSync(join(root, "sys", path), { recursive: true }); else set(path, text);
  return { root, set };
}

/** The next reading of a reader. */
async function next(reader: ThermalReader): Promise<Thermal> {
  for (;;) {
    const told = reader.take();
    if (told) return told;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
function read(root: string): ThermalReader {
  const reader = createThermalReader({ root, everyMs: 2 });
  readers.push(reader);
  return reader;
}

const LAPTOP = {
  "class/hwmon/hwmon0/name": "nvme", "class/hwmon/hwmon0/temp1_input": "99850",
  "class/hwmon/hwmon1/name": "coretemp", "class/hwmon/hwmon1/temp1_input": "61000", "class/hwmon/hwmon1/temp2_input": "64000", "class/hwmon/hwmon1/temp3_input": null,
  "class/thermal/thermal_zone0/type": "INT3400 Thermal", "class/thermal/thermal_zone0/temp": "20000",
  "class/thermal/thermal_zone1/type": "acpitz", "class/thermal/thermal_zone1/temp": "80000",
  "class/thermal/thermal_zone2/type": "x86_pkg_temp", "class/thermal/thermal_zone2/temp": "63000",
  "class/thermal/cooling_device0/type": "Processor", "class/thermal/cooling_device0/cur_state": "0",
  "class/thermal/cooling_device1/type": "Fan", "class/thermal/cooling_device1/cur_state": "1",
  "devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "4000000", "devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "4000000", "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "3000000",
  "devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq": "4000000", "devices/system/cpu/cpu1/cpufreq/scaling_max_freq": "4000000", "devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "1000000",
  "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "7", "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "12",
};

test("the hottest sensor of the processor is told, not a disk's or the case's; the clock is a share of its highest", async () => {
  expect(await next(read(machine(LAPTOP).root))).toEqual({ celsius: 64, sensor: "coretemp", clockRatio: 0.5, clockLimitRatio: 1, throttled: false });
});

test("a count of throttling that grows is told, and is over when it stands still", async () => {
  const { root, set } = machine(LAPTOP);
  const reader = read(root);
  await next(reader);
  set("devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "9");
  expect((await until(reader, (told) => told.throttled === true)).throttled).toBe(true);
  expect((await until(reader, (told) => told.throttled === false)).throttled).toBe(false);
});

test("a board's zone and its cooling device are read where there is no sensor chip", async () => {
  const { root } = machine({
    "class/thermal/thermal_zone0/type": "cpu-thermal", "class/thermal/thermal_zone0/temp": "84500",
    "class/thermal/thermal_zone1/type": "gpu-thermal", "class/thermal/thermal_zone1/temp": "90000",
    "class/thermal/cooling_device0/type": "thermal-cpufreq-0", "class/thermal/cooling_device0/cur_state": "2",
    "devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1800000", "devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "900000", "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "900000",
  });
  expect(await next(read(root))).toEqual({ celsius: 84.5, sensor: "cpu-thermal", clockRatio: 0.5, clockLimitRatio: 0.5, throttled: true });
});

test("where there is nothing to read, or only nonsense, it is not readable and not zero", async () => {
  expect(await next(read(machine({}).root))).toEqual(NO_THERMAL);
  const broken = machine({ "class/thermal/thermal_zone0/type": "cpu-thermal", "class/thermal/thermal_zone0/temp": "-274000", "class/thermal/thermal_zone1/type": "soc_thermal", "class/thermal/thermal_zone1/temp": null, "devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "0", "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "<unknown>" });
  expect(await next(read(broken.root))).toEqual(NO_THERMAL);
});

test("a reading is told once, and a driver that comes later is found", async () => {
  const { root, set } = machine({});
  const reader = read(root);
  await next(reader);
  set("class/hwmon/hwmon0/name", "k10temp");
  set("class/hwmon/hwmon0/temp1_input", "55125");
  expect(await until(reader, (told) => told.celsius !== null)).toMatchObject({ celsius: 55.125, sensor: "k10temp" });
  reader.stop();
  reader.take();
  expect(reader.take()).toBeNull();
  expect(reader.last().celsius).toBe(55.125);
});

async function until(reader: ThermalReader, holds: (told: Thermal) => boolean): Promise<Thermal> {
  for (;;) {
    const told = await next(reader);
    if (holds(told)) return told;
  }
}
