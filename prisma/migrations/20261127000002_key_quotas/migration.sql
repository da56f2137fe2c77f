-- AlterTable
ALTER TABLE "Credential" ADD COLUMN     "quota" JSONB,
ADD COLUMN     "exhaustedIn" TEXT;

-- CreateTable
CREATE TABLE "KeyUsage" (
    "credentialId" TEXT NOT NULL,
    "nodeId" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "lifeId" TEXT NOT NULL,
    "lifeRequests" BIGINT NOT NULL,

    CONSTRAINT "KeyUsage_pkey" PRIMARY KEY ("credentialId","nodeId","day")
);

-- CreateIndex
CREATE INDEX "KeyUsage_day_idx" ON "KeyUsage"("day");
