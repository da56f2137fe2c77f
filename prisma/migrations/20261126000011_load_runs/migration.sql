-- CreateTable
CREATE TABLE "LoadRun" (
    "id" TEXT NOT NULL,
    "deploymentId" TEXT NOT NULL,
    "revisionNumber" INTEGER NOT NULL,
    "endRevisionNumber" INTEGER NOT NULL,
    "operationId" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "report" JSONB NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3) NOT NULL,
    "createdBy" TEXT NOT NULL,

    CONSTRAINT "LoadRun_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "LoadRun_deploymentId_startedAt_idx" ON "LoadRun"("deploymentId", "startedAt");

-- AddForeignKey
ALTER TABLE "LoadRun" ADD CONSTRAINT "LoadRun_deploymentId_fkey" FOREIGN KEY ("deploymentId") REFERENCES "Deployment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
