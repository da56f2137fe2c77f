import Link from "next/link";
import { buttonClass } from "../ui/Button.tsx";

/** Where to go once the tour is over. */
export function TourNext() {
  return <><Link href="/nodes/add" className={buttonClass()}>Add a node of your own</Link><Link href="/models" className={buttonClass()}>Import a model</Link></>;
}
