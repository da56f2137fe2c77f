-- AlterTable
ALTER TABLE "Credential" ADD COLUMN     "limits" JSONB;
