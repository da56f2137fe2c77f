import type { ReactNode } from "react";

type Preview = { possible: boolean; reasons: readonly { message: string; fix: string | null }[]; effects: readonly string[]; losses: readonly string[]; undo: string | null };

/** What will happen, what is lost by it, and how to take it back; or why it is not possible. */
export function PreviewBody({ preview, children }: { preview: Preview; children?: ReactNode }) {
  const { possible, reasons, effects, losses, undo } = preview;
  if (!possible) return <Refused reasons={reasons} />;
  return (
    <div className="space-y-3" data-testid="preview">
      <ol className="list-decimal space-y-1 pl-5">{effects.map((text) => <li key={text}>{text}</li>)}</ol>
      {children}
      {losses.length > 0 && (
        <div className="rounded-md border border-l-2 border-line border-l-bad bg-bad-wash px-3 py-2" data-testid="losses">
          <p className="font-medium">This is lost</p>
          <ul className="mt-0.5 list-disc space-y-0.5 pl-5 text-ink-2">{losses.map((text) => <li key={text}>{text}</li>)}</ul>
        </div>
      )}
      <p className="text-ink-2"><span className="text-ink-3">To take it back: </span>{undo ?? "it can’t be taken back."}</p>
    </div>
  );
}

export function Refused({ reasons }: { reasons: Preview["reasons"] }) {
  return (
    <div role="alert" data-testid="not-possible" className="rounded-md border border-l-2 border-line border-l-warn bg-warn-wash px-3 py-2">
      <p className="font-medium">Not possible now</p>
      <ul className="mt-0.5 space-y-1 text-ink-2">{reasons.map(({ message, fix }) => <li key={message}>{message}{fix && <span className="block"><span className="text-ink-3">What helps: </span>{fix}</span>}</li>)}</ul>
    </div>
  );
}
