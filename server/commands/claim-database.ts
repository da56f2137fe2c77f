// Owns that the consoles on an operator's database belong together: its nodes trust one authority and its files lie in one folder. A console of
// another folder would take the first one's running work for interrupted and its files for left-overs.
import { findSetting, insertSetting } from "../store/settings.ts";
import type { Deps } from "./deps.ts";

const KEY = "console";
type Holder = { authority: string; hostname: string; dataFolder: string };

/** The first console that comes keeps it. @throws Error with a plain sentence when it is another's */
export async function claimDatabase(deps: Pick<Deps, "db">, mine: Holder): Promise<void> {
  const holder = (await findSetting<Holder>(deps.db, KEY)) ?? (await insertSetting<Holder>(deps.db, KEY, mine));
  if (holder.authority === mine.authority) return;
  throw new Error(`The database belongs to another console, the one whose files lie in ${holder.dataFolder} on ${holder.hostname}. Several consoles on one database need one folder in common: give that folder to each with --shared, beside a --data of its own. Or give this console a database of its own (CREATE DATABASE) in DATABASE_URL.`);
}
