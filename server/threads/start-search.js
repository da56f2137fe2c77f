// From source only: teaches this thread to read TypeScript, then becomes it.
import { register } from "tsx/esm/api";
register();
await import("./search-thread.ts");
