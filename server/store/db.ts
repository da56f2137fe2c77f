import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../prisma/generated/client.ts";

/** The database, in UTC whatever the server is set to: defaults of the database and times of ours must agree. `Tx` is the same inside a transaction: store functions take either. */
export function openDb(databaseUrl: string) {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, options: "-c timezone=UTC" }) });
}
export type Db = ReturnType<typeof openDb>;
export type Tx = Parameters<Parameters<Db["$transaction"]>[0]>[0];
