import { BASELINES } from "./baselines.ts";
import { solverContract } from "../testdata/solver-contract.ts";

for (const baseline of BASELINES) solverContract(baseline, { requests: 40 });
