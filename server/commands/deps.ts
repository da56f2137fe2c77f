// What a command may use beside its input. Made once in the composition root.
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Publisher } from "../events/publish.ts";
import type { Peers } from "../live/peer-message.ts";
import type { Db } from "../store/db.ts";

export type Deps = {
  db: Db;
  clock: Clock;
  log: Logger;
  /** Appends an event in the caller's transaction; listeners hear of it after commit. */
  publisher: Publisher;
  /** Absolute path of the folder with the artifacts: the data folder, or the one several consoles share. */
  dataFolder: string;
  /** Makes the control loops look now instead of at their next interval. */
  wake(reason: string): void;
  /** Absent where no other console may share the database. */
  peers?: Peers;
};
/** Who did it: "console", "api:<credential name>", "control", "demo". */
export type Actor = string;
