-- AlterTable
ALTER TABLE "Migration" ADD COLUMN     "course" JSONB;
