"use client";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { focusAgain } from "./focus-again.ts";
import { ScrollArea } from "./ScrollArea.tsx";

type Props = { open: boolean; onOpenChange: (open: boolean) => void; title: string; description?: string; children: ReactNode; footer?: ReactNode; wide?: boolean; testId?: string };

/**
 * Starts in what its content marks with `data-initial-focus`, else in its first field, else on itself so that its title is read: never on the
 * button that closes it. Closed, the focus is back on what opened it; where that has gone, at the top of the page's content.
 */
export function Dialog({ open, onOpenChange, title, description, children, footer, wide = false, testId }: Props) {
  const opener = useOpener(open);
  const content = useRef<HTMLDivElement>(null);
  const start = (event: Event) => {
    event.preventDefault();
    const wanted = content.current?.querySelector<HTMLElement>("[data-initial-focus]") ?? content.current?.querySelector<HTMLElement>("input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)");
    (wanted ?? content.current)?.focus();
  };
  const giveBack = (event: Event) => {
    event.preventDefault();
    focusAgain(opener.current);
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-ink/25 dark:bg-sunken/60" />
        <Radix.Content ref={content} data-testid={testId} onOpenAutoFocus={start} onCloseAutoFocus={giveBack} {...(description ? {} : { "aria-describedby": undefined })} className={`fixed top-[6vh] left-1/2 z-50 flex max-h-[88vh] w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-col rounded-lg border border-line-strong bg-panel shadow-[var(--shadow)] outline-none ${wide ? "max-w-3xl" : "max-w-lg"}`}>
          <div className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-medium">{title}</Radix.Title>
              {description && <Radix.Description className="mt-0.5 text-ink-2">{description}</Radix.Description>}
            </div>
            <Radix.Close aria-label="Close" className="grid size-6 place-items-center rounded-md text-ink-3 hover:bg-accent-wash hover:text-ink"><X size={15} /></Radix.Close>
          </div>
          <ScrollArea label={title} className="min-h-0 flex-1 overflow-y-auto px-4 py-3">{children}</ScrollArea>
          {footer && <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-2.5">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What had the focus when the dialog was asked for. Looked at while rendering: a field that takes the focus as it appears would be first otherwise. */
function useOpener(open: boolean): { current: HTMLElement | null } {
  const opener = useRef<HTMLElement | null>(null);
  const wasOpen = useRef(false);
  if (open && !wasOpen.current && typeof document !== "undefined" && document.activeElement instanceof HTMLElement) opener.current = document.activeElement;
  wasOpen.current = open;
  return opener;
}
