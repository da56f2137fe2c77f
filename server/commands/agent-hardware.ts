// Owns what is believed of the hardware an agent tells of itself, when it enrols and each time it connects. An agent may lie or be broken.
import { z } from "zod";
import { agentText } from "./agent-text.ts";

const word = agentText(80);
const text = agentText(2_000);
const amount = z.number().min(0).max(1e18);
/** Part of keys: PostgreSQL's indexes hold 2,704 bytes a row. */
export const deviceClass = agentText(300);

export const agentHardware = z.object({
  hostname: text, platform: word, arch: word, cpuModel: text,
  cores: amount, memoryBytes: amount, memoryAvailableBytes: amount, diskFreeBytes: amount,
  providers: z.array(word).max(32), deviceClass, nodeVersion: word, agentVersion: word, ortVersion: word, maxMemoryBytes: amount.optional(), machineId: word.optional(),
});
