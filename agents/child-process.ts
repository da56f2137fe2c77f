// Owns forking one of the agent's child processes and talking to it: nothing is sent before it booted, a dead one swallows nothing silently.
import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type ChildEntry = "stage" | "ingress" | "measure";
export type Child<To> = {
  readonly pid: number | undefined;
  /** Queued until the child booted. With a socket, the socket is the child's from here on; it is destroyed when the child is gone. */
  send(message: To, socket?: Socket): void;
  kill(): void;
};
export type ChildOptions<From> = {
  entry: ChildEntry;
  onMessage(message: From): void;
  /** Once, also when the process could not be started. */
  onExit(reason: string): void;
};
export type StartChild = <To, From extends { type: string }>(options: ChildOptions<From>) => Child<To>;

/** Messages for a child that has not booted: lanes and sockets of its first second. */
const MAX_QUEUED = 256;
/** Large outputs otherwise cost a page fault per 4 KiB at every run: glibc gives freed blocks back and takes fresh ones. */
const MALLOC_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: "268435456", MALLOC_TRIM_THRESHOLD_: "268435456", MALLOC_TOP_PAD_: "16777216" };
/** MiB. Requests leave little behind in JavaScript; unbounded, each thread's young generation grows to three times 16 under load and stays. */
const YOUNG_SPACE = "--max-semi-space-size=2";
/** The runtime otherwise keeps a device id in the home folder and sends usage data to its maker. */
const RUNTIME_ENVIRONMENT = { ORT_DISABLE_TELEMETRY: "1" };
const SOURCES: Record<ChildEntry, string> = { stage: "./stage/main.ts", ingress: "./ingress/main.ts", measure: "./measure-process.ts" };

/** Hears what a child prints, line by line: the runtime's own words, and the last ones of a crash. */
export type HearOutput = (entry: ChildEntry, line: string) => void;

export const startChild: StartChild = (options) => childStarter((_, line) => process.stderr.write(`${line}\n`))(options);

export const childStarter = (hear: HearOutput): StartChild => (options) => {
  const bundled = !import.meta.url.endsWith(".ts");
  const file = fileURLToPath(new URL(bundled ? `./${options.entry}.mjs` : SOURCES[options.entry], import.meta.url));
  const child: ChildProcess = fork(file, [], {
    serialization: "advanced", execArgv: [...(options.entry === "ingress" ? [] : [YOUNG_SPACE]), ...(bundled ? [] : ["--import", "tsx"])], stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...MALLOC_ENVIRONMENT, ...RUNTIME_ENVIRONMENT },
  });
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => { if (line.trim() !== "") hear(options.entry, line); });
  const queue: { message: object; socket?: Socket }[] = [];
  let booted = false;
  let ended = false;
  const deliver = (message: object, socket?: Socket) => {
    child.send(message, socket, {}, (error) => {
      if (error) socket?.destroy();
    });
  };
  const end = (reason: string) => {
    if (ended) return;
    ended = true;
    for (const { socket } of queue.splice(0)) socket?.destroy();
    options.onExit(reason);
  };
  child.on("message", (message) => {
    if ((message as { type: string }).type === "booted" && !booted) {
      booted = true;
      for (const { message: queued, socket } of queue.splice(0)) deliver(queued, socket);
    }
    options.onMessage(message as never);
  });
  child.on("error", (error) => end(`could not be started or reached: ${error.message}`));
  child.on("exit", (code, signal) => end(signal ? `was ended by ${signal}` : `exited with code ${code}`));
  return {
    pid: child.pid,
    send(message, socket) {
      if (ended || (!booted && queue.length >= MAX_QUEUED)) return void socket?.destroy();
      if (booted) deliver(message as object, socket);
      else queue.push({ message: message as object, socket });
    },
    kill: () => void child.kill("SIGKILL"),
  };
};
