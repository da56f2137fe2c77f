// Owns waiting for a hand to come to rest: a handle that is dragged passes hundreds of values, and only where it pauses is worth asking for.
import { useEffect, useState } from "react";

/** `value`, once it has been the same for `restMs`. */
export function useSettled<T>(value: T, restMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}
