-- AlterTable
ALTER TABLE "Model" ADD COLUMN     "sample" JSONB;
