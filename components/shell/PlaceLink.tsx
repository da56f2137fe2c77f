"use client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import type { ComponentProps } from "react";

/** A link that is on every page. It fetches its page when a hand comes near, not while the present one is still loading. */
export function PlaceLink({ href, ...rest }: Omit<ComponentProps<typeof Link>, "href"> & { href: string }) {
  const router = useRouter();
  const near = () => router.prefetch(href);
  return <Link {...rest} href={href} prefetch={false} onPointerEnter={near} onFocus={near} />;
}
