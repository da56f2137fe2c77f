-- AlterTable
ALTER TABLE "Credential" ADD COLUMN     "mayLoad" BOOLEAN NOT NULL DEFAULT false;
