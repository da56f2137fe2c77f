import Link from "next/link";

export default function NotFound() {
  return (
    <div className="mx-auto max-w-md px-4 py-20">
      <h1 className="text-lg font-medium">There is no page here</h1>
      <p className="mt-2 text-ink-2">The address is wrong, or what it showed was deleted.</p>
      <Link href="/" className="mt-4 inline-block text-accent underline underline-offset-4">Go to the overview</Link>
    </div>
  );
}
