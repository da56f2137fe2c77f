import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../prisma/generated/client.ts";

/** Longer than any pause of ours between two statements; a console whose sessions another one may not end is rid of its locks by then. */
const IDLE_IN_TRANSACTION_MS = 8_000;

/** The database, in UTC whatever the server is set to: defaults of the database and times of ours must agree. `Tx` is the same inside a transaction: store functions take either. `shared`: other consoles use it too, and find this one's sessions by the name. */
export function openDb(databaseUrl: string, shared?: { applicationName: string }) {
  // A process that was stopped in the middle of a transaction must not hold its locks against the other consoles for ever.
  const options = `-c timezone=UTC${shared ? ` -c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}` : ""}`;
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, options, ...(shared ? { application_name: shared.applicationName } : {}) }) });
}
export type Db = ReturnType<typeof openDb>;
export type Tx = Parameters<Parameters<Db["$transaction"]>[0]>[0];
