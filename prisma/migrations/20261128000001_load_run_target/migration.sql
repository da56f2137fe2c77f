-- AlterTable
ALTER TABLE "LoadRun" ADD COLUMN     "target" JSONB NOT NULL DEFAULT '{"kind":"deployment"}';
