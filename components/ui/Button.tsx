import { type ComponentProps, forwardRef } from "react";

type Look = "primary" | "plain" | "quiet" | "danger";
/** `busy`: what it began is under way. It does nothing then but keeps the focus, which `disabled` would drop. */
type Props = ComponentProps<"button"> & { look?: Look; busy?: boolean };

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-accent-ink border-accent hover:brightness-110",
  plain: "bg-raised text-ink border-line-strong hover:border-ink-3",
  quiet: "bg-transparent text-ink-2 border-transparent hover:bg-accent-wash hover:text-ink",
  danger: "bg-raised text-bad border-line-strong hover:border-bad",
};
export const buttonClass = (look: Look = "plain") =>
  `inline-flex min-h-7 max-w-full shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md max-[20rem]:whitespace-normal border px-2.5 text-sm font-medium transition-colors disabled:cursor-not-allowed disabled:opacity-45 aria-busy:cursor-progress aria-busy:opacity-60 ${LOOKS[look]}`;

export const Button = forwardRef<HTMLButtonElement, Props>(function Button({ look = "plain", className = "", type = "button", busy = false, onClick, ...rest }, ref) {
  return <button ref={ref} type={type} className={`${buttonClass(look)} ${className}`} {...(busy ? { "aria-disabled": true, "aria-busy": true } : {})} onClick={busy ? (event) => event.preventDefault() : onClick} {...rest} />;
});
