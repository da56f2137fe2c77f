// Preloaded into an agent or a console by tests: the machine's clock is off by as many milliseconds as the file CUTPLANE_TEST_CLOCK says.
import { readFileSync } from "node:fs";

const RealDate = Date;
const offsetMs = () => { try { return Number(readFileSync(process.env.CUTPLANE_TEST_CLOCK, "utf8")) || 0; } catch { return 0; } };
globalThis.Date = class extends RealDate {
  constructor(...args) { super(...(args.length === 0 ? [RealDate.now() + offsetMs()] : args)); }
  static now() { return RealDate.now() + offsetMs(); }
  // Of its own: whoever wraps it in turn (Next.js) copies what it has, not what it inherits.
  static UTC = RealDate.UTC;
  static parse = RealDate.parse;
};
