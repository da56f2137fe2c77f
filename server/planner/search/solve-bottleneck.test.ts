// The throughput solver against the contract of solvers.
import { solverContract } from "../testdata/solver-contract.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";

solverContract(solveBottleneck, { exact: true, usesSeeds: true, accepts: ({ objective }) => objective.kind === "bottleneck", requests: 300 });
