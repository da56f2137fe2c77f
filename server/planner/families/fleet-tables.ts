// What a family's fleet is: machines, directed links and the ways over them. No model.

export type FleetUnit = {
  /** "cpu", "gpu": how much faster than the machine's `speed`, by kind of layer (1 where none is named). */
  name: string;
  speedOf: Readonly<Record<string, number>>;
  /** Watts while it works. */
  activeWatts: number;
};

export type FleetMachine = {
  /** Times the speed of the model's reference. */
  speed: number;
  /** What it has for models, in shares of the model's weights. */
  memoryShare: number;
  trusted: boolean;
  /** −1 = none. */
  zone: number;
  units: readonly FleetUnit[];
  pricePerHour: number;
  gramsPerKilowattHour: number;
};

export type FleetLink = { bytesPerSecond: number; oneWayMs: number; trusted: boolean; nanojoulesPerByte: number; pricePerGigabyte: number };

export type FleetTables = {
  machines: FleetMachine[];
  links: FleetLink[];
  /** Links from one machine to another in order; null = no way; empty for a machine to itself. */
  way(from: number, to: number): readonly number[] | null;
  /** Machine where requests enter and answers leave. */
  source: number;
};
