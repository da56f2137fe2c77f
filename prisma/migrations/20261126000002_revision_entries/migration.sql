-- AlterTable
ALTER TABLE "Revision" ADD COLUMN     "ingressNodeIds" JSONB NOT NULL DEFAULT '[]';

-- Until now every revision of a deployment was entered at the same nodes.
UPDATE "Revision" SET "ingressNodeIds" = "Deployment"."settings"->'ingressNodeIds' FROM "Deployment" WHERE "Deployment"."id" = "Revision"."deploymentId";
