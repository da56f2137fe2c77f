/** What "Node" in the toolbar carries while it is dragged to its place. */
export const NEW_NODE_MIME = "application/x-cutplane-node";
