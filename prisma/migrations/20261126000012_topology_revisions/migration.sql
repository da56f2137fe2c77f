-- CreateTable
CREATE TABLE "TopologyRevision" (
    "topologyId" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "document" JSONB NOT NULL,

    CONSTRAINT "TopologyRevision_pkey" PRIMARY KEY ("topologyId","revision")
);

-- CreateIndex
CREATE INDEX "TopologyRevision_topologyId_at_idx" ON "TopologyRevision"("topologyId", "at");

-- What is drawn now is the oldest that is known.
INSERT INTO "TopologyRevision" ("topologyId", "revision", "at", "document") SELECT id, revision, "updatedAt", document FROM "Topology" WHERE "deletedAt" IS NULL;
