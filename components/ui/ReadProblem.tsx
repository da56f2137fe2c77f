"use client";
import Link from "next/link";
import { isGone } from "../shown-error.ts";
import { buttonClass } from "./Button.tsx";
import { Page } from "./Page.tsx";
import { Problem } from "./Problem.tsx";

/** `wasCalled`: its name, where it was read before and then deleted. `list`: where its like are found. */
type Props = { what: string; wasCalled?: string | undefined; list: { href: string; name: string }; error: unknown; retry: () => void };

/** In place of a page about one thing that could not be read: deleted, never there, or no answer. */
export function ReadProblem({ what, wasCalled, list, error, retry }: Props) {
  const all = <Link href={list.href} className={buttonClass()}>{list.name}</Link>;
  if (!isGone(error)) return <Page title={what[0]?.toUpperCase() + what.slice(1)}><Problem title={`This ${what} could not be read`} error={error} retry={retry} /><p className="mt-3">{all}</p></Page>;
  return (
    <Page title={wasCalled ? `${wasCalled} was deleted` : `There is no such ${what}`}>
      <div role="alert" data-testid="gone" className="max-w-prose">
        <p className="text-ink-2">{wasCalled ? `The ${what} was deleted here or from elsewhere while this page was open.` : `The ${what} was deleted, or the address is not quite right.`}</p>
        <p className="mt-4">{all}</p>
      </div>
    </Page>
  );
}
