import { expect, test } from "vitest";
import { plainText, readMails } from "./spam-mails.ts";

test("half of the mails are spam, each is another one, and a seed picks the same again", () => {
  const mails = readMails(60, 3);
  expect(mails.filter(({ label }) => label === "spam")).toHaveLength(30);
  expect(new Set(mails.map(({ text }) => text)).size).toBeGreaterThan(55);
  expect(readMails(60, 3)).toEqual(mails);
  expect(readMails(60, 4)).not.toEqual(mails);
});

test("of a mail its subject and words stay, and neither servers nor markup", () => {
  const text = plainText("Received: from relay.example\nSubject: Big news\nFrom: a@b.example\n\n<style>p { color: red }</style><p>Buy&nbsp;<b>now</b></p>\n\nor never");
  expect(text).toBe("Big news Buy now or never");
});
