// Owns what a node tells of its processor's heat. What cannot be read on its machine is null, never 0.

export type Thermal = {
  /** Of the hottest sensor that speaks of the processor, degrees Celsius; `sensor`: the name of its chip or zone. */
  celsius: number | null; sensor: string | null;
  /** Clock now as a share of the processor's highest, mean of its cores. Low also where there is nothing to do. */
  clockRatio: number | null;
  /** Clock that it is allowed now as a share of its highest: below 1 something holds it back, heat or a setting. */
  clockLimitRatio: number | null;
  /** Whether its machine says that it is slowed by heat, or was since the reading before. */
  throttled: boolean | null;
};
export const NO_THERMAL: Thermal = { celsius: null, sensor: null, clockRatio: null, clockLimitRatio: null, throttled: null };
