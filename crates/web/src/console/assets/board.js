// The board's script: a card that is dropped on a column asks what the move would do. Each card's button does the same.
"use strict";
{
let dragged = null;
const lane = (event) => event.target.closest?.("[data-lane]");
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card]") ?? null;
  if (dragged) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", dragged.dataset.number); }
});
document.addEventListener("dragover", (event) => {
  const over = dragged && lane(event);
  if (over && over !== dragged.closest("[data-lane]")) event.preventDefault();
  for (const each of all("[data-lane]")) each.classList.toggle("over", each === over);
});
document.addEventListener("drop", (event) => {
  const to = dragged && lane(event);
  if (!to) return;
  event.preventDefault();
  ask(`/board/move?${new URLSearchParams({ card: dragged.dataset.card, to: to.dataset.lane })}`);
});
document.addEventListener("dragend", () => { dragged = null; for (const each of all("[data-lane]")) each.classList.remove("over"); });
// In a dialog the way out closes it; on a page of its own it leads back.
document.addEventListener("click", (event) => { if (event.target.closest("dialog a[data-close]")) event.preventDefault(); });
}
