-- CreateTable
CREATE TABLE "Analysis" (
    "id" TEXT NOT NULL,
    "deploymentId" TEXT,
    "modelId" TEXT NOT NULL,
    "topologyId" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "variants" JSONB NOT NULL DEFAULT '[]',
    "results" JSONB NOT NULL DEFAULT '[]',
    "outcome" JSONB,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "createdBy" TEXT NOT NULL,

    CONSTRAINT "Analysis_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Analysis_operationId_key" ON "Analysis"("operationId");

-- CreateIndex
CREATE INDEX "Analysis_modelId_startedAt_idx" ON "Analysis"("modelId", "startedAt");

-- CreateIndex
CREATE INDEX "Analysis_deploymentId_startedAt_idx" ON "Analysis"("deploymentId", "startedAt");
