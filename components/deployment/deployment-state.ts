import type { DeploymentRow } from "../api.ts";
import type { Tone } from "../ui/State.tsx";

export const DEPLOYMENT_TONES: Record<DeploymentRow["status"], Tone> = { starting: "busy", live: "ok", moving: "busy", degraded: "warn", stopped: "idle", failed: "bad" };
