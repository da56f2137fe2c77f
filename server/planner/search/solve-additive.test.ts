import type { SearchRequest } from "./solver.ts";
import { solverContract } from "../testdata/solver-contract.ts";
import { solveAdditive, solveWith } from "./solve-additive.ts";

const accepts = (request: SearchRequest) => request.objective.kind === "additive";

solverContract(solveAdditive, { exact: true, usesSeeds: true, requests: 300, accepts });

// Small problems end in the first exact search. With hardly any labels there, prices, fixed states, the relaxation that remembers and the last proof answer for them.
solverContract({ name: "label-search-late/1", label: "late", solve: (request, context) => solveWith(request, context, { firstLabels: 1, middleLabels: 1 }) }, { exact: true, usesSeeds: true, requests: 300, from: 1000, accepts });
