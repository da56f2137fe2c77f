-- AlterTable
ALTER TABLE "Deployment" ADD COLUMN     "adaptation" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "AdaptDecision" (
    "id" TEXT NOT NULL,
    "deploymentId" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "mode" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "trigger" JSONB NOT NULL,
    "snapshotDigest" TEXT NOT NULL,
    "alternatives" JSONB NOT NULL,
    "chosen" INTEGER,
    "costNow" DOUBLE PRECISION,
    "predictedGain" DOUBLE PRECISION,
    "realisedGain" DOUBLE PRECISION,
    "needed" DOUBLE PRECISION,
    "regret" DOUBLE PRECISION,
    "planId" TEXT,
    "migrationId" TEXT,
    "operationId" TEXT,
    "decidedBy" TEXT NOT NULL,

    CONSTRAINT "AdaptDecision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "AdaptDecision_deploymentId_at_idx" ON "AdaptDecision"("deploymentId", "at");

-- AddForeignKey
ALTER TABLE "AdaptDecision" ADD CONSTRAINT "AdaptDecision_deploymentId_fkey" FOREIGN KEY ("deploymentId") REFERENCES "Deployment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
