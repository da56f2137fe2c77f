import { Tooltip } from "radix-ui";
import { type ComponentProps, forwardRef } from "react";

type Props = ComponentProps<"button"> & { label: string; keys?: string };

/** A button that shows only an icon; its name is both the tooltip and the accessible name. */
export const IconButton = forwardRef<HTMLButtonElement, Props>(function IconButton({ label, keys, className = "", type = "button", ...rest }, ref) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button ref={ref} type={type} aria-label={label} className={`grid size-7 shrink-0 place-items-center rounded-md text-ink-2 hover:bg-accent-wash hover:text-ink disabled:opacity-35 aria-pressed:bg-accent-wash aria-pressed:text-accent ${className}`} {...rest} />
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content sideOffset={4} className="z-50 rounded-md bg-ink px-2 py-1 text-xs text-ground">{label}{keys && <span className="ml-2 opacity-70">{keys}</span>}</Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
});
