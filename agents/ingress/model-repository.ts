// Owns loading and unloading models by the Open Inference Protocol: what may be asked of the console, what clients are told, in Triton's words. Which
// deployment runs is the console's to decide; here it is asked, and then followed (docs/decisions/0023).
import { MAX_REPOSITORY_CALLS, type RepositoryAction, type RepositoryAnswer, type RepositoryCall } from "../protocol/repository-call.ts";
import { type Access, demandServing, findNamed, keyGiven, type ServedHere } from "./find-model.ts";
import { movedRefusal } from "./moved-refusal.ts";
import { Refusal } from "./refusal.ts";

/** Never rejects. */
export type AskConsole = (call: RepositoryCall) => Promise<RepositoryAnswer>;

/** Once the console has done it, this ingress is told within a second or so. */
const FOLLOW_MS = 10_000;
const LOOK_EVERY_MS = 20;
const LOOK_WHILE_ASKING_MS = 250;
/** A load that takes longer goes on; who asks again joins it. */
const LATE_RETRY_SECONDS = 10;

const pause = (ms: number) => new Promise<null>((resolve) => setTimeout(resolve, ms, null));

type Failure = Extract<RepositoryAnswer, { ok: false }>["code"];
const STATUS_OF: Record<Failure, number> = { forbidden: 403, failed: 400, late: 503, "too-many": 429, unavailable: 503 };

export class ModelRepository {
  readonly #served: () => ServedHere;
  readonly #ask: AskConsole;
  #running = 0;

  constructor(served: () => ServedHere, ask: AskConsole) {
    this.#served = served;
    this.#ask = ask;
  }

  /** Resolves once the model is ready here, or is not any more. `parameters`: as the client sent them. Throws Refusal. */
  async act(action: RepositoryAction, name: string, access: Access, parameters: unknown): Promise<void> {
    const { route, gone, off } = findNamed(this.#served(), name, access);
    const failed = `failed to ${action} '${name}', `;
    if (gone && !route) throw movedRefusal(gone);
    const deploymentId = route?.route.deploymentId ?? off?.deploymentId;
    if (deploymentId === undefined) throw new Refusal(400, "unknown_model", `${failed}no deployment of that name is entered here`);
    const own = Object.keys(Object(parameters)).find((key) => key === "config" || key.startsWith("file:"));
    if (own !== undefined) throw new Refusal(400, "bad_request", `${failed}the parameter "${own}" is not supported: what a deployment serves is its plan's to say`);
    if (this.#running >= MAX_REPOSITORY_CALLS) throw new Refusal(429, "overloaded", `${failed}${MAX_REPOSITORY_CALLS} models are being loaded or unloaded here already`, 1);
    this.#running += 1;
    try {
      const answer = await this.#answer({ deploymentId, action, key: keyGiven(access.authorization) ?? null });
      if (!answer.ok) throw new Refusal(STATUS_OF[answer.code], answer.code, `${failed}${answer.message}`, answer.code === "late" ? LATE_RETRY_SECONDS : STATUS_OF[answer.code] >= 429 ? 1 : null);
      const problem = await this.#follow(action, name);
      if (problem !== null) throw new Refusal(503, "not_ready", `${failed}${problem}`, 1);
    } finally {
      this.#running -= 1;
    }
  }

  /** Nobody keeps an ingress that stops: what was begun goes on at the console. */
  async #answer(call: RepositoryCall): Promise<RepositoryAnswer> {
    const asked = this.#ask(call);
    for (;;) {
      const answer = await Promise.race([asked, pause(LOOK_WHILE_ASKING_MS)]);
      if (answer) return answer;
      demandServing(this.#served());
    }
  }

  /** Null once it is so here. */
  async #follow(action: RepositoryAction, name: string): Promise<string | null> {
    for (const until = performance.now() + FOLLOW_MS; ; await pause(LOOK_EVERY_MS)) {
      demandServing(this.#served());
      const route = this.#served().routes.find((one) => one.route.modelName === name);
      if (action === "load" ? route?.ready === true : !route || route.route.currentEpoch === null) return null;
      if (performance.now() > until) return action === "load" ? (route?.notReadyBecause() ?? "it is not entered here any more") : "it is stopped, but this ingress was not told yet";
    }
  }
}
