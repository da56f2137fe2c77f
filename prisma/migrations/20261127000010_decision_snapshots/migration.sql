-- CreateTable
CREATE TABLE "DecisionSnapshot" (
    "decisionId" TEXT NOT NULL,
    "packed" BYTEA NOT NULL,

    CONSTRAINT "DecisionSnapshot_pkey" PRIMARY KEY ("decisionId")
);

-- AddForeignKey
ALTER TABLE "DecisionSnapshot" ADD CONSTRAINT "DecisionSnapshot_decisionId_fkey" FOREIGN KEY ("decisionId") REFERENCES "AdaptDecision"("id") ON DELETE CASCADE ON UPDATE CASCADE;
