-- AlterTable
ALTER TABLE "Node" ADD COLUMN     "approvedAt" TIMESTAMP(3),
ADD COLUMN     "approvedBy" TEXT;

-- Whoever is in has been let in.
UPDATE "Node" SET "approvedAt" = "enrolledAt", "approvedBy" = "enrolledBy";

-- AlterTable
ALTER TABLE "JoinToken" ADD COLUMN     "needsApproval" BOOLEAN NOT NULL DEFAULT false;
