-- What a move was predicted to bring over the network, and what came, from whom.
ALTER TABLE "Migration" ADD COLUMN "predictedBytes" BIGINT;
ALTER TABLE "Migration" ADD COLUMN "moved" JSONB;
