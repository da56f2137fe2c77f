import { solverContract } from "../testdata/solver-contract.ts";
import { solveAdditive } from "./solve-additive.ts";

solverContract(solveAdditive, { exact: true, usesSeeds: true, requests: 300, accepts: (request) => request.objective.kind === "additive" });
