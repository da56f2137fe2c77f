// Owns that what is seen is kept: a card that was laid out because it had no place gets that place for good with the next edit. Pure.
// A place that is only ever derived would differ from page to page as soon as one of them moves or deletes a card beside it.
import { type Drawing, type History, rebase } from "./canvas-edit.ts";
import { completeLayout } from "./canvas-layout.ts";

/** A place for everything drawn; the same drawing where nothing lacks one. */
export function settleDrawing(drawing: Drawing): Drawing {
  const layout = completeLayout(drawing.document, drawing.layout);
  return layout === drawing.layout ? drawing : { ...drawing, layout };
}

/** The places that what is drawn now has lacked, in every step alike, so that no undo makes them be derived again. */
export function settlePlaces(history: History): History {
  const { layout } = settleDrawing(history.present);
  return layout === history.present.layout ? history : rebase(history, (drawing) => ({ ...drawing, layout: { ...layout, ...drawing.layout } }));
}
