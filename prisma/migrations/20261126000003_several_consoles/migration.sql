-- AlterTable
ALTER TABLE "Operation" ADD COLUMN     "runBy" TEXT;

-- CreateTable
CREATE TABLE "Console" (
    "id" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "url" TEXT NOT NULL,
    "agentHost" TEXT NOT NULL,
    "agentPort" INTEGER NOT NULL,
    "sharedFolder" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "seenAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Console_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Leadership" (
    "id" INTEGER NOT NULL,
    "term" INTEGER NOT NULL,
    "consoleId" TEXT NOT NULL,
    "since" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Leadership_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DesiredDocument" (
    "nodeId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "document" JSONB NOT NULL,

    CONSTRAINT "DesiredDocument_pkey" PRIMARY KEY ("nodeId")
);
