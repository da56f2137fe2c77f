import { problemOf } from "../api.ts";
import { Button } from "./Button.tsx";

type Props = { title: string; error: unknown; retry?: () => void };

/** What went wrong, why, and what to do next. */
export function Problem({ title, error, retry }: Props) {
  const problem = problemOf(error);
  return (
    <div role="alert" className="rounded-md border border-l-2 border-line border-l-bad bg-bad-wash px-3 py-2">
      <p className="font-medium">{title}</p>
      <p className="mt-0.5 break-words text-ink-2">{problem.message}</p>
      {problem.fix && <p className="mt-0.5 break-words text-ink-2"><span className="text-ink-3">What helps: </span>{problem.fix}</p>}
      {retry && <Button className="mt-2" onClick={retry}>Try again</Button>}
    </div>
  );
}
